"""A subscriber's book: the balances of one wallet, moved by entries and nothing else.

Points are never created or destroyed, only moved from a source to a destination. On the
member's side are `pending`, `available`, `reserved` and `debt`, on the program's side
`issued`, `redeemed`, `expired` and `revoked`. Points leave `issued` and `debt`, which count
what went out less what came in; the others count what came in less what went out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from hmac import digest as hmac_digest
from typing import Any, NamedTuple

from kernel.moments import microseconds

PENDING, AVAILABLE, RESERVED, DEBT = "pending", "available", "reserved", "debt"
ISSUED, REDEEMED, EXPIRED, REVOKED = "issued", "redeemed", "expired", "revoked"
MEMBER_SIDE = (PENDING, AVAILABLE, RESERVED, DEBT)
PROGRAM_SIDE = (ISSUED, REDEEMED, EXPIRED, REVOKED)
LEDGER_ACCOUNTS = MEMBER_SIDE + PROGRAM_SIDE
COUNTED_OUTWARD = (ISSUED, DEBT)

# Every kind of entry, with the moves that it may make.
MOVES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "accrual": ((ISSUED, AVAILABLE), (ISSUED, DEBT)),
    "refund": ((AVAILABLE, REVOKED), (DEBT, REVOKED)),
    "chargeback": ((AVAILABLE, REVOKED), (DEBT, REVOKED)),
    "expiry": ((AVAILABLE, EXPIRED),),
    "reservation": ((AVAILABLE, RESERVED),),
    "settlement": ((RESERVED, REDEEMED),),
    "release": ((RESERVED, AVAILABLE),),
    "lapse": ((RESERVED, AVAILABLE),),
    "reversal": ((REDEEMED, RESERVED), (RESERVED, AVAILABLE)),
    "debt_payment": ((AVAILABLE, DEBT),),
    "revocation": ((AVAILABLE, REVOKED),),
    "grant": ((ISSUED, PENDING),),
    "payment": ((PENDING, AVAILABLE), (PENDING, DEBT)),
    "cancellation": ((PENDING, REVOKED),),
    "clawback": ((AVAILABLE, REVOKED), (DEBT, REVOKED)),
    "restoration": ((REVOKED, AVAILABLE), (REVOKED, DEBT), (REVOKED, PENDING)),
    "debt_return": ((DEBT, AVAILABLE),),
    "rounding": ((ISSUED, AVAILABLE), (ISSUED, DEBT), (AVAILABLE, REVOKED), (DEBT, REVOKED)),
}
ENTRY_KINDS = tuple(MOVES)
# Kinds that take what nobody spent.
UNSPENT_KINDS = ("expiry", "revocation")

NO_DIGEST = b""


class Cause(NamedTuple):
    """What made an entry: a charge, a refund, a redemption, a payout, a lot, an entry …"""

    type: str
    id: str


class Entry(NamedTuple):
    """One row of the ledger, its fields in the order of the table's columns."""

    subscriber_id: int
    number: int
    kind: str
    source: str
    destination: str
    points: int
    cause_type: str
    cause_id: str
    occurred_at: datetime
    posted_at: datetime
    terms: int
    available_after: int
    reverses: int | None
    digest: bytes


def entry_digest(previous: bytes, written: tuple[Any, ...], key: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) over the previous entry's digest and this one's other fields.

    Whoever can write to the database and has no key can't write an entry that the audit takes
    for ours.
    """
    return hmac_digest(key, previous + _signed_text(written), "sha256")


def unkeyed_digest(previous: bytes, written: tuple[Any, ...]) -> bytes:
    """SHA-256 over the same, as entries were written before digests had a key."""
    return sha256(previous + _signed_text(written)).digest()


def _signed_text(written: tuple[Any, ...]) -> bytes:
    """An entry's fields before its digest.

    The cause's id, the only text that somebody else chose, comes last, so that no two
    entries are written alike.
    """
    (
        subscriber_id,
        number,
        kind,
        source,
        destination,
        points,
        cause_type,
        cause_id,
        occurred_at,
        posted_at,
        terms,
        available_after,
        reverses,
    ) = written
    return (
        f"{subscriber_id}|{number}|{kind}|{source}|{destination}|{points}|"
        f"{microseconds(occurred_at)}|{microseconds(posted_at)}|{terms}|{available_after}|"
        f"{reverses}|{cause_type}|{cause_id}"
    ).encode()


@dataclass(slots=True)
class Book:
    """The state of one wallet while a verb decides; each entry moves it on.

    `posted_at` never falls along a wallet's entries: the verb's `now` is raised to that of
    the last entry, should another machine's clock be ahead, or should it have been read before
    the wallet was waited for. `not_before` is the same for what leaves no entry: the opening,
    and what an entry answers to.

    Attributes:
        key: what new entries are signed with.
    """

    subscriber_id: int
    external_id: str
    balances: dict[str, int]
    key: bytes = field(repr=False)
    number: int = 0
    digest: bytes = NO_DIGEST
    posted_at: datetime | None = None
    not_before: datetime | None = None
    benefit_life_minor: int = 0
    tier: str = "bronze"
    tier_since: datetime | None = None
    waiting_refunds: int = 0
    status: str = "active"
    closed_at: datetime | None = None
    opened_at: datetime | None = None
    tier_evaluated_for: date | None = None
    downgrade_on: date | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def available(self) -> int:
        return self.balances[AVAILABLE]

    @property
    def debt(self) -> int:
        return self.balances[DEBT]

    def posting_at(self, now: datetime) -> datetime:
        """When something is posted to this book at `now`."""
        if self.posted_at is not None and self.posted_at > now:
            now = self.posted_at
        if self.not_before is not None and self.not_before > now:
            now = self.not_before
        return now

    def follow(self, earlier: datetime) -> None:
        """Post nothing before a moment that belongs before it."""
        if self.not_before is None or earlier > self.not_before:
            self.not_before = earlier

    def move(
        self,
        kind: str,
        source: str,
        destination: str,
        points: int,
        *,
        cause: Cause,
        occurred_at: datetime,
        now: datetime,
        terms: int,
        reverses: int | None = None,
    ) -> Entry:
        """Write one entry and move the balances with it.

        What can't be is an assertion here and a constraint in the database: the verb has
        asked the policies before.
        """
        assert points > 0, "an entry moves points"
        assert (source, destination) in MOVES[kind], "an entry moves along a known path"
        balances = self.balances
        balances[source] += points if source in COUNTED_OUTWARD else -points
        balances[destination] += -points if destination in COUNTED_OUTWARD else points
        assert balances[source] >= 0, "no balance falls below zero"
        assert balances[destination] >= 0, "no balance falls below zero"
        self.posted_at = self.posting_at(now)
        self.number += 1
        written = (
            self.subscriber_id,
            self.number,
            kind,
            source,
            destination,
            points,
            cause.type,
            cause.id,
            occurred_at,
            self.posted_at,
            terms,
            balances[AVAILABLE],
            reverses,
        )
        self.digest = entry_digest(self.digest, written, self.key)
        entry = Entry(*written, self.digest)
        self.entries.append(entry)
        return entry

    def mirror(
        self,
        kind: str,
        original: Entry,
        *,
        cause: Cause,
        occurred_at: datetime,
        now: datetime,
        terms: int,
    ) -> Entry:
        """Take an entry back with one that moves the same points the other way."""
        return self.move(
            kind,
            original.destination,
            original.source,
            original.points,
            cause=cause,
            occurred_at=occurred_at,
            now=now,
            terms=terms,
            reverses=original.number,
        )


def empty_balances() -> dict[str, int]:
    """The balances of a wallet that nothing has happened to."""
    return dict.fromkeys(LEDGER_ACCOUNTS, 0)
