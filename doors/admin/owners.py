"""Whose something is that clients own, as people read and choose it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from doors.models import Client
from doors.queries import actor_of
from kernel.owners import EVERY_CLIENT, PROGRAM

_OF_NOBODY = _("Nobody: not seen over the API")
_OF_ALL = _("Every client: from before owners were kept")


def owner_shown(owner: str) -> str:
    """Return an owner in words."""
    if owner == PROGRAM:
        return str(_OF_NOBODY)
    return str(_OF_ALL) if owner == EVERY_CLIENT else owner.removeprefix(actor_of(""))


def owner_choices() -> Iterator[tuple[str, Any]]:
    """Yield who may be chosen as an owner: nobody, or one of the clients."""
    yield PROGRAM, _OF_NOBODY
    for client_id, name in Client.objects.order_by("name").values_list("client_id", "name"):
        yield actor_of(client_id), f"{name} ({client_id})"
