"""Identifiers that a verdict may block, by whose they are."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from django import forms
from django.utils.translation import gettext as _


class Seen(Protocol):
    """An identifier, and the parties of the case that were seen with it."""

    @property
    def id(self) -> int: ...
    @property
    def parties(self) -> tuple[int, ...]: ...


class Group(NamedTuple):
    """The identifiers of one party, or those that both were seen with.

    Attributes:
        who: a party as the page shows it; None for both.
        options: the boxes of the form.
    """

    title: str
    who: Mapping[str, Any] | None
    options: list[Any]


def block_groups(
    form: forms.Form, identifiers: Sequence[Seen], parties: Sequence[Mapping[str, Any]]
) -> list[Group]:
    """The boxes of identifiers to be blocked: each party's own, then those of both."""
    boxes = {str(option.data["value"]): option for option in form["block"]}
    own = [
        Group(
            party["role"],
            party,
            [boxes[str(each.id)] for each in identifiers if each.parties == (party["id"],)],
        )
        for party in parties
    ]
    shared = [boxes[str(each.id)] for each in identifiers if len(each.parties) > 1]
    both = Group(_("Both were seen with"), None, shared)
    return [group for group in (*own, both) if group.options]
