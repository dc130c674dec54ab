"""Sign-ups with what became of them, to measure scores on: files, not subscribers of ours."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from accounts.policy.identifiers import IdentifierDigest
from fraud.policy.groups import Merged

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody who signed up, purchased, and turned out to be a fraud or not.

    Moments may be rounded to the minute; see `in_sequence`.
    """

    number: int
    signed_up_at: datetime
    purchased_at: datetime
    value_minor: int
    is_fraud: bool
    identifiers: tuple[IdentifierDigest, ...]


class Sequenced(NamedTuple):
    """A sign-up among others: from when on they see it, and when its purchase is scored."""

    sign_up: SignUp
    seen_at: datetime
    asked_at: datetime


def in_sequence(sign_ups: Sequence[SignUp]) -> list[Sequenced]:
    """Sign-ups in the order in which they are scored, at moments that all differ.

    Of several in the same minute nobody may count those that came later: they are taken to have
    come one after the other, as the file has them. A purchase comes right after its sign-up if
    both are of one minute, and otherwise first in its minute.
    """
    placed: dict[datetime, int] = {}
    found = []
    for each in sign_ups:
        place = placed[each.signed_up_at] = placed.get(each.signed_up_at, 0) + 1
        seen_at = each.signed_up_at + 2 * place * _TICK
        found.append(Sequenced(each, seen_at, max(each.purchased_at, seen_at + _TICK)))
    return sorted(found, key=lambda each: (each.asked_at, each.sign_up.number))


def groups_of(sign_ups: Sequence[SignUp]) -> dict[int, int]:
    """A group by each sign-up's number: those that share an identifier have one."""
    merged: Merged[Hashable] = Merged()
    for each in sign_ups:
        for identifier in each.identifiers:
            merged.merge(("sign-up", each.number), (identifier.kind, identifier.digest))
    groups: dict[Hashable, int] = {}
    return {
        each.number: groups.setdefault(merged(("sign-up", each.number)), len(groups))
        for each in sign_ups
    }


def halves(sign_ups: Sequence[SignUp]) -> tuple[list[SignUp], list[SignUp]]:
    """Two halves that share no identifier: whoever shares one stands on the same side."""
    groups = groups_of(sign_ups)
    first: list[SignUp] = []
    second: list[SignUp] = []
    sides: dict[int, list[SignUp]] = {}
    for each in sign_ups:
        # A new group goes to the side that has fewer so far.
        side = sides.setdefault(groups[each.number], min(first, second, key=len))
        side.append(each)
    return first, second
