"""Waking the sender after the commit."""

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string


def nudge_sender() -> None:
    """Wake the sender once the caller's transaction is committed; a lost nudge costs seconds."""
    transaction.on_commit(import_string(settings.WEBHOOKS_NUDGE), robust=True)
