"""How rows of a kind are read: settings name it, because it stands in a door."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from imports.policy.kinds import RowKind


@cache
def row_kind(kind: str) -> RowKind:
    """Return what reads and takes in rows of this kind."""
    made: RowKind = import_string(settings.IMPORT_KINDS[kind])()
    return made
