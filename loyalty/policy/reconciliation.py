"""What billing and the program must agree about, day by day and item by item."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from loyalty.policy.redemptions import REWARDS
from loyalty.policy.refunds import REFUND_REASONS
from loyalty.policy.terms import CHARGE_KINDS

CHARGE, REFUND, REFUND_REVERSAL, REDEMPTION, CREDIT, REVERSAL = (
    "charge",
    "refund",
    "refund_reversal",
    "redemption",
    "credit",
    "reversal",
)
# What both sides keep, and its kinds. A refund that was reversed stays one, and its reversal counts
# on its own day. A redemption counts on the day when it was reserved, its
# credit when it was settled, and the credit's reversal when it was reversed.
KINDS: Mapping[str, tuple[str, ...]] = {
    CHARGE: tuple(CHARGE_KINDS),
    REFUND: tuple(REFUND_REASONS),
    REFUND_REVERSAL: tuple(REFUND_REASONS),
    REDEMPTION: tuple(REWARDS),
    CREDIT: tuple(REWARDS),
    REVERSAL: tuple(REWARDS),
}
RECORDS = tuple(KINDS)
# An id that stands under several subscribers: told, and no difference by itself.
SHARED_ID = "shared_id"


class Heading(NamedTuple):
    """What is counted together: a day of the program's zone, a record, a kind of it."""

    day: date
    record: str
    kind: str


class Total(NamedTuple):
    """How many, and what they sum to in kopecks."""

    number: int
    amount_minor: int


NOTHING = Total(0, 0)


class TotalDifference(NamedTuple):
    """A heading under which the two sides differ."""

    heading: Heading
    ours: Total
    theirs: Total


class Item(NamedTuple):
    """One item as a side keeps it; ids are billing's own."""

    record: str
    subscriber_id: str
    item_id: str
    day: date
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """An item that one side lacks, or that both keep differently, or whose id others have too."""

    ours: Item | None
    theirs: Item | None
    shares_id: bool = False

    @property
    def what(self) -> str:
        """ "shared_id", "missing_here", "missing_there", or what differs, joined by "+"."""
        if self.shares_id:
            return SHARED_ID
        if self.ours is None:
            return "missing_here"
        if self.theirs is None:
            return "missing_there"
        differing = (
            ("amount", self.ours.amount_minor != self.theirs.amount_minor),
            ("day", self.ours.day != self.theirs.day),
            ("kind", self.ours.kind != self.theirs.kind),
        )
        return "+".join(name for name, differs in differing if differs)


def total_differences(
    ours: Mapping[Heading, Total], theirs: Mapping[Heading, Total]
) -> list[TotalDifference]:
    """Where two sides' totals differ, in the order of days."""
    return [
        TotalDifference(heading, ours.get(heading, NOTHING), theirs.get(heading, NOTHING))
        for heading in sorted(ours.keys() | theirs.keys())
        if ours.get(heading, NOTHING) != theirs.get(heading, NOTHING)
    ]


def summed(totals: Iterable[tuple[Heading, Total]]) -> dict[Heading, Total]:
    """Totals under the same heading added up."""
    found: dict[Heading, Total] = {}
    for heading, total in totals:
        before = found.get(heading, NOTHING)
        found[heading] = Total(
            before.number + total.number, before.amount_minor + total.amount_minor
        )
    return found
