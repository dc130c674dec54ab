"""Who of the demo invited whom: generated, because the file knows nothing of it.

The invitees are customers of the file, but for the accounts of rings, which are made up too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demo.policy.customers import REGIONS, Life, chance, moment
from demo.policy.steps import Step
from kernel.moments import add_months, day_of

# How many customers joined by an invitation, as far as there are so many.
BROUGHT_ENOUGH, BROUGHT_LITTLE, LEFT_EARLY, OWN_DEVICE = 320, 80, 30, 10
# What the default terms ask of an invitee, over months of which two are billed by their end.
STAY_MONTHS, BILLS_IN_WINDOW, WINDOW_MINOR = 3, 2, 150_000
# So that some of those on their inviter's device are still in review when the history ends.
LATELY = timedelta(days=45)
INVITATIONS_PER_MONTH = 5
# Some people invite everybody they know.
EAGER = 4
RING_SIZE = 6


@dataclass(frozen=True, slots=True)
class Ring:
    """Accounts of one person who invites themselves: each pays once, just above the threshold.

    Attributes:
        months_ago: when the first was activated, before the history's end.
        shares: the kind of identifier that they have in common.
        inviters: of each account but the first, by place.
    """

    number: int
    months_ago: int
    shares: str
    inviters: tuple[int, ...]


# One invites all others, each the next, two others each. An address alone holds nothing back.
RINGS = (
    Ring(1, 15, "device", (1, 1, 1, 1, 1)),
    Ring(2, 9, "ip", (1, 2, 3, 4, 5)),
    Ring(3, 4, "card", (1, 1, 2, 2, 3)),
)


@dataclass(frozen=True, slots=True)
class RingAccount:
    """A subscriber whom no file knows."""

    ring: Ring
    place: int
    activated_at: datetime

    @property
    def subscriber_id(self) -> str:
        return f"GENERATED-{self.ring.number}-{self.place}"

    @property
    def charge_id(self) -> str:
        return f"generated-{self.ring.number}-{self.place}"

    @property
    def amount_minor(self) -> int:
        """The only one that they ever pay: 1,500 to 1,600 roubles."""
        return WINDOW_MINOR + chance("ring", self.ring.number, self.place) % 10_001

    @property
    def paid_at(self) -> datetime:
        return self.activated_at + timedelta(days=1)

    @property
    def msisdn(self) -> str:
        return f"+790099900{self.ring.number}{self.place}"

    @property
    def region(self) -> str:
        return REGIONS[self.ring.number]

    @property
    def card(self) -> str:
        return f"tok_generated_{self._own('card')}"

    @property
    def device(self) -> str:
        return f"dev_generated_{self._own('device')}"

    @property
    def ip(self) -> str:
        last = 0 if self.ring.shares == "ip" else self.place
        return f"198.51.100.{10 * self.ring.number + last}"

    def _own(self, kind: str) -> str:
        place = 0 if kind == self.ring.shares else self.place
        return f"{self.ring.number}_{place}"


class Invitation(NamedTuple):
    """Somebody accepted an invitation at one moment, and billing reported it at another."""

    referral_id: str
    inviter_id: str
    invitee_id: str
    joined_at: datetime
    reported_at: datetime
    device: str
    ip: str | None = None


def is_abuse(referral_ids: Iterable[str], names: Iterable[str]) -> bool:
    """What only the one who made it all up knows: whether these are one person."""
    return any(
        each.startswith(("generated-self-", "generated-ring-")) for each in referral_ids
    ) or (any(name.startswith("GENERATED-") for name in names))


@dataclass(frozen=True, slots=True)
class Invitations:
    """All that is generated: the accounts of rings, and who invited whom."""

    ring_accounts: Sequence[RingAccount]
    invitations: Sequence[Invitation]

    def coming_in(self, step: Step) -> list[RingAccount]:
        """Accounts of rings that were activated since the step before."""
        return [a for a in self.ring_accounts if step.after < a.activated_at <= step.now]

    def paying_in(self, step: Step) -> list[RingAccount]:
        """Accounts of rings that have paid since the step before."""
        return [a for a in self.ring_accounts if step.after < a.paid_at <= step.now]

    def reported_in(self, step: Step) -> list[Invitation]:
        """Invitations that were reported since the step before, in the order of joining."""
        return [i for i in self.invitations if step.after < i.reported_at <= step.now]


def invitations_among(
    lives: Sequence[Life], starts_at: datetime, as_of: datetime, zone: ZoneInfo
) -> Invitations:
    """Who invites whom in a history of these lives, always the same."""
    rings = [_accounts_of(ring, as_of, zone) for ring in RINGS]
    # A short history has no room for all of them.
    accounts = [a for ring in rings if ring[0].activated_at > starts_at for a in ring]
    found = [*_among_customers(lives, as_of, zone), *_within_rings(accounts)]
    return Invitations(accounts, sorted(found, key=lambda each: (each.joined_at, each.invitee_id)))


def _accounts_of(ring: Ring, as_of: datetime, zone: ZoneInfo) -> list[RingAccount]:
    """One a day, so that whoever invites is there before."""
    first = add_months(day_of(as_of, zone), -ring.months_ago)
    return [
        RingAccount(ring, place, moment(first + timedelta(days=place), ring.number, zone))
        for place in range(1, RING_SIZE + 1)
    ]


def _within_rings(accounts: Iterable[RingAccount]) -> Iterator[Invitation]:
    known = {(account.ring.number, account.place): account for account in accounts}
    for (number, place), account in known.items():
        if place > 1:
            joined_at = account.activated_at + timedelta(hours=2)
            yield Invitation(
                f"generated-ring-{number}-{place}",
                known[number, account.ring.inviters[place - 2]].subscriber_id,
                account.subscriber_id,
                joined_at,
                joined_at,
                account.device,
                account.ip,
            )


def _among_customers(
    lives: Sequence[Life], as_of: datetime, zone: ZoneInfo
) -> Iterator[Invitation]:
    inviters = _Inviters(lives, zone)
    invited = [
        (_joined_at(life), life.customer.number, kind, life)
        for kind, chosen in _chosen(lives, as_of, zone).items()
        for life in chosen
    ]
    for joined_at, number, kind, life in sorted(invited):
        inviter = inviters.one_for(life, joined_at)
        if inviter is not None:
            late = timedelta(days=5 + chance("late by", number) % 20)
            is_late = chance("late", number) < 1_000
            yield Invitation(
                f"generated-{kind}-{life.customer.number:05d}",
                inviter.customer.subscriber_id,
                life.customer.subscriber_id,
                joined_at,
                joined_at + late if is_late else joined_at,
                (inviter if kind == "self" else life).customer.device,
            )


def _chosen(lives: Sequence[Life], as_of: datetime, zone: ZoneInfo) -> dict[str, list[Life]]:
    """The invitees of each kind; one who left before they could join is none of them."""
    could = [life for life in lives if life.closed_at is None or _joined_at(life) < life.closed_at]
    by_luck = sorted(could, key=lambda life: chance("invited", life.customer.number))
    left = [life for life in by_luck if _leaves_early(life, zone)]
    stayed = [life for life in by_luck if not _leaves_early(life, zone)]
    enough = [life for life in stayed if _brings_enough(life)]
    little = [life for life in stayed if not _brings_enough(life)]
    # A small demo has few of them too.
    own = min(OWN_DEVICE, len(enough) // 6)
    lately = [life for life in enough if _ended_lately(life, as_of, zone)][: own // 3]
    enough = [*lately, *(life for life in enough if life not in lately)]
    return {
        "self": enough[:own],
        "honest": [*enough[own : own + BROUGHT_ENOUGH], *little[:BROUGHT_LITTLE]],
        "left": left[:LEFT_EARLY],
    }


def _joined_at(life: Life) -> datetime:
    hours = 1 + chance("joined", life.customer.number) % (20 * 24)
    return life.activated_at + timedelta(hours=hours)


def _leaves_early(life: Life, zone: ZoneInfo) -> bool:
    if life.closed_at is None:
        return False
    return day_of(life.closed_at, zone) < add_months(day_of(life.activated_at, zone), STAY_MONTHS)


def _ended_lately(life: Life, as_of: datetime, zone: ZoneInfo) -> bool:
    """Whether the window of this invitee ended shortly before the history does."""
    ended_on = add_months(day_of(life.activated_at, zone), STAY_MONTHS)
    return day_of(as_of - LATELY, zone) <= ended_on < day_of(as_of, zone)


def _brings_enough(life: Life) -> bool:
    return BILLS_IN_WINDOW * life.customer.amount_minor >= WINDOW_MINOR


class _Inviters:
    """Customers who invite others, within the program's limit of a month."""

    def __init__(self, lives: Sequence[Life], zone: ZoneInfo) -> None:
        self.lives, self.zone = lives, zone
        self.invited: Counter[tuple[int, date]] = Counter()
        loyal = sorted(
            (life for life in lives if life.closed_at is None),
            key=lambda life: (life.activated_at, life.customer.number),
        )
        # Half of them have not shown who they are, which what they are given comes to need.
        unknown = [life for life in loyal if not life.customer.identity_is_verified]
        known = [life for life in loyal if life.customer.identity_is_verified]
        self.eager = [*unknown[: EAGER // 2], *known[: EAGER // 2]]

    def one_for(self, invitee: Life, joined_at: datetime) -> Life | None:
        """Who invites a customer at a moment, if there is anybody who could."""
        number = invitee.customer.number
        month = day_of(joined_at, self.zone).replace(day=1)
        start = chance("inviter", number)
        eager = self.eager if chance("eager", number) < 3_000 else []
        for life in chain(_from(eager, start), _from(self.lives, start)):
            key = (life.customer.number, month)
            if self._was_there(life, invitee, joined_at) and (
                self.invited[key] < INVITATIONS_PER_MONTH
            ):
                self.invited[key] += 1
                return life
        return None

    @staticmethod
    def _was_there(life: Life, invitee: Life, joined_at: datetime) -> bool:
        """A subscriber before the invitee was, and still."""
        return life.activated_at < invitee.activated_at and (
            life.closed_at is None or life.closed_at > joined_at
        )


def _from(lives: Sequence[Life], start: int) -> Iterator[Life]:
    for place in range(len(lives)):
        yield lives[(start + place) % len(lives)]
