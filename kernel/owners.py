"""Whose something is that a client made, and whose of them a caller may see.

An owner is kept as a word: the name that audits have for a client (`client:<client_id>`), or one
of the two below. A caller is told of what others own no more than of what doesn't exist.
"""

from collections.abc import Set as AbstractSet
from typing import Any, Protocol, Self, TypeVar

# Made by a person or a command: clients see nothing of it until the admin gives it to one.
PROGRAM = ""
# Made before owners were kept, and nobody knows by whom: every client sees it, as before.
EVERY_CLIENT = "*"

OWNER_LENGTH_MAX = 150

# None is everybody: what people, commands and the clock see.
Owners = AbstractSet[str] | None
EVERYBODY: Owners = None


class _Rows(Protocol):
    def filter(self, **conditions: Any) -> Self: ...


Rows = TypeVar("Rows", bound=_Rows)


def owned(rows: Rows, owners: Owners) -> Rows:
    """Return those of the rows that belong to one of the owners; their column is `owner`."""
    return rows if owners is None else rows.filter(owner__in=sorted(owners))


def is_owned(owner: str, owners: Owners) -> bool:
    """Return whether something of this owner belongs to one of the owners."""
    return owners is None or owner in owners
