"""Replay: a wallet's entries once more from the first, compared with what the database holds.

Each entry is judged by those before it, so that the first fault names the first altered row.
Where a row is at fault the replay goes on from what the row says, so that one alteration is
not reported again with every later entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from loyalty.policy.book import (
    AVAILABLE,
    COUNTED_OUTWARD,
    LEDGER_ACCOUNTS,
    MOVES,
    NO_DIGEST,
    Entry,
    empty_balances,
    entry_digest,
    unkeyed_digest,
)
from loyalty.policy.lots import Draw, Lot

_PATHS = frozenset((kind, *move) for kind, moves in MOVES.items() for move in moves)
# Kinds that take an earlier entry back.
_RETURNS = ("release", "lapse", "reversal", "restoration")


class Fault(NamedTuple):
    """A row that is not what the law says, and what differs."""

    table: str
    subscriber_id: int
    row: str
    differs: str


class WalletRow(NamedTuple):
    """What the wallet's row says of its ledger; the fields are columns."""

    subscriber_id: int
    pending: int
    available: int
    reserved: int
    debt: int
    issued: int
    redeemed: int
    expired: int
    revoked: int
    last_number: int
    last_digest: bytes
    last_posted_at: datetime | None


@dataclass(slots=True)
class HeldWallet:
    """All that the database holds of one wallet's ledger, entries in the order of numbers.

    Attributes:
        unkeyed_until: the last entry that was written before digests had a key; 0 for none.
    """

    subscriber_id: int
    wallet: WalletRow | None = None
    entries: list[Entry] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    unkeyed_until: int = 0


class Replayed(NamedTuple):
    """What the entries make of a wallet, and where the database says otherwise."""

    entries: int
    balances: dict[str, int]
    faults: list[Fault]


def replay(held: HeldWallet, keys: Sequence[bytes]) -> Replayed:
    """Prove a wallet's entries, lots and draws, and its row against them.

    Args:
        keys: those that entries were ever signed with, the latest first.
    """
    run = _Run(held, keys)
    for entry in held.entries:
        run.step(entry)
    run.finish_lots(held.lots)
    run.finish_draws()
    run.finish_wallet(held.wallet)
    return Replayed(len(held.entries), run.balances, run.faults)


def replay_until(held: HeldWallet, as_of: datetime, keys: Sequence[bytes]) -> Replayed:
    """Prove what a wallet held at a past instant: entries posted by then and their lots.

    Rows that have changed since, as the wallet's own, are compared only if nothing was posted
    after the instant.
    """
    past = [entry for entry in held.entries if entry.posted_at <= as_of]
    if len(past) == len(held.entries):
        return replay(held, keys)
    last = past[-1].number if past else 0
    run = _Run(held, keys)
    for entry in past:
        run.step(entry)
    run.finish_opened(lot for lot in held.lots if lot.number <= last)
    run.finish_draws(last)
    return Replayed(len(past), run.balances, run.faults)


class _Run:
    """One wallet's state from entry to entry."""

    def __init__(self, held: HeldWallet, keys: Sequence[bytes]) -> None:
        self.subscriber_id = held.subscriber_id
        self.balances = empty_balances()
        self.faults: list[Fault] = []
        self.number = 0
        self.digest = NO_DIGEST
        # The keys that the next entry may be signed with: no older one than the last entry's.
        self._keys = keys
        self._unkeyed_until = held.unkeyed_until
        self.posted_at: datetime | None = None
        self.lots = {lot.number: lot for lot in held.lots}
        self.left: dict[int, int] = {}
        self.in_lots = 0
        self.draws = _by_entry(held.draws)
        self.drawn: dict[int, list[Draw]] = {}
        self.reversed: set[int] = set()
        self._held_entries = held.entries
        self._numbered: dict[int, Entry] | None = None
        # How far the row's `available_after` and the lots were off at the entry before.
        self._off_balance = 0
        self._off_lots = 0

    def step(self, entry: Entry) -> None:
        self._follow(entry)
        self._move(entry)
        if entry.reverses is not None or entry.kind in _RETURNS:
            self._take_back(entry)
        elif entry.destination == AVAILABLE:
            self._open(entry)
        if entry.source == AVAILABLE:
            self._draw(entry)
        available = self.balances[AVAILABLE]
        if entry.available_after - available != self._off_balance:
            self._off_balance = entry.available_after - available
            self._fault(
                "entry",
                entry.number,
                f"available_after is {entry.available_after}, the entries make it {available}",
            )
        if self.in_lots - available != self._off_lots:
            self._off_lots = self.in_lots - available
            self._fault(
                "entry",
                entry.number,
                f"available is {available} after it, the lots hold {self.in_lots}",
            )

    def _follow(self, entry: Entry) -> None:
        """Its place in the chain: number, moment, digest."""
        expected = self.number + 1
        if entry.number != expected:
            missing = f"{expected}" if entry.number == expected + 1 else f"{expected}…"
            self._fault("entry", missing, f"missing before entry {entry.number}")
        elif not self._is_signed(entry):
            self._fault(
                "entry", entry.number, "digest is not that of the row and of the entry before it"
            )
        if self.posted_at is not None and entry.posted_at < self.posted_at:
            self._fault("entry", entry.number, "posted_at falls behind the entry before it")
        self.number, self.digest, self.posted_at = entry.number, entry.digest, entry.posted_at

    def _is_signed(self, entry: Entry) -> bool:
        if entry.number <= self._unkeyed_until:
            return entry.digest == unkeyed_digest(self.digest, entry[:-1])
        for place, key in enumerate(self._keys, 1):
            if entry.digest == entry_digest(self.digest, entry[:-1], key):
                self._keys = self._keys[:place]
                return True
        return False

    def _move(self, entry: Entry) -> None:
        source, destination, points = entry.source, entry.destination, entry.points
        if (entry.kind, source, destination) not in _PATHS or points <= 0:
            self._fault(
                "entry",
                entry.number,
                f"{entry.kind} can't move {points} from {source} to {destination}",
            )
        balances = self.balances
        if source not in balances or destination not in balances:
            return
        balances[source] += points if source in COUNTED_OUTWARD else -points
        balances[destination] += -points if destination in COUNTED_OUTWARD else points
        if balances[source] < 0 or balances[destination] < 0:
            low = source if balances[source] < 0 else destination
            self._fault("entry", entry.number, f"{low} falls to {balances[low]}")

    def _open(self, entry: Entry) -> None:
        """A credit to `available` opens the lot of its number, with its points."""
        lot = self.lots.get(entry.number)
        if lot is None:
            self._fault("lot", entry.number, f"missing: its entry credits {entry.points}")
            return
        if lot.points != entry.points:
            self._fault(
                "lot", lot.number, f"points are {lot.points}, its entry credits {entry.points}"
            )
        self.left[lot.number] = lot.points
        self.in_lots += lot.points

    def _draw(self, entry: Entry) -> None:
        """What leaves `available` leaves lots: those that lapse first where it is spent."""
        draws = self.draws.pop(entry.number, [])
        self.drawn[entry.number] = draws
        if sum(draw.points for draw in draws) != entry.points:
            taken = sum(draw.points for draw in draws)
            self._fault(
                "lotdraw",
                entry.number,
                f"draws take {taken}, the entry takes {entry.points}",
            )
        for draw in draws:
            self._change_lot(draw.lot, -draw.points, entry.number)
        if entry.kind == "reservation" and draws:
            self._judge_order(entry, draws)
        if entry.kind == "expiry":
            self._judge_expiry(entry, draws)

    def _judge_order(self, entry: Entry, draws: Sequence[Draw]) -> None:
        """No open lot that lapses earlier still holds points, and none had lapsed."""
        drawn = [self.lots[draw.lot] for draw in draws if draw.lot in self.lots]
        if not drawn:
            return
        last = max((lot.expires_at, lot.number) for lot in drawn)
        touched = {lot.number for lot in drawn if (lot.expires_at, lot.number) == last}
        for number, left in self.left.items():
            lot = self.lots[number]
            if number in touched or not left or lot.expires_at <= entry.occurred_at:
                continue
            if (lot.expires_at, number) < last:
                self._fault(
                    "lotdraw", entry.number, f"lot {number} lapses earlier and was passed over"
                )
                return
        if any(lot.expires_at <= entry.occurred_at for lot in drawn):
            self._fault("lotdraw", entry.number, "a lapsed lot was spent")

    def _judge_expiry(self, entry: Entry, draws: Sequence[Draw]) -> None:
        """One entry empties one lot, that which it names, when that has lapsed."""
        lots = [self.lots[draw.lot] for draw in draws if draw.lot in self.lots]
        if [str(lot.number) for lot in lots] != [entry.cause_id]:
            self._fault(
                "lotdraw", entry.number, f"expiry of lot {entry.cause_id} draws from others"
            )
        elif lots[0].expires_at != entry.occurred_at or self.left.get(lots[0].number):
            self._fault(
                "lot", lots[0].number, f"was not emptied at its expiry by entry {entry.number}"
            )

    def _take_back(self, entry: Entry) -> None:
        """A reversal mirrors one earlier entry, once, and gives its draws back."""
        original = self._entry(entry.reverses)
        if original is None or original.number >= entry.number or entry.kind not in _RETURNS:
            self._fault("entry", entry.number, f"reverses {entry.reverses}, which it can't")
            return
        mirrored = (original.destination, original.source, original.points, original.cause_id)
        if (entry.source, entry.destination, entry.points, entry.cause_id) != mirrored:
            self._fault("entry", entry.number, f"is no mirror of entry {original.number}")
        if original.number in self.reversed:
            self._fault("entry", entry.number, f"reverses entry {original.number} again")
        self.reversed.add(original.number)
        for draw in self.drawn.get(original.number, ()):
            self._change_lot(draw.lot, draw.points, entry.number)

    def _change_lot(self, number: int, points: int, entry: int) -> None:
        left = self.left.get(number)
        if left is None:
            self._fault("lotdraw", entry, f"lot {number} was not open")
            return
        left = self.left[number] = left + points
        self.in_lots += points
        if not 0 <= left <= self.lots[number].points:
            self._fault("lotdraw", entry, f"leaves {left} in lot {number}")

    def finish_lots(self, lots: Iterable[Lot]) -> None:
        for lot in lots:
            if self._is_opened(lot) and lot.remaining != self.left[lot.number]:
                self._fault(
                    "lot",
                    lot.number,
                    f"remaining is {lot.remaining}, the entries leave {self.left[lot.number]}",
                )

    def finish_opened(self, lots: Iterable[Lot]) -> None:
        for lot in lots:
            self._is_opened(lot)

    def _is_opened(self, lot: Lot) -> bool:
        if lot.number not in self.left:
            self._fault("lot", lot.number, "no entry opened it")
        return lot.number in self.left

    def finish_draws(self, until: int | None = None) -> None:
        for number in sorted(self.draws):
            if until is None or number <= until:
                self._fault("lotdraw", number, "no entry of this number takes from lots")

    def finish_wallet(self, wallet: WalletRow | None) -> None:
        if wallet is None:
            self._fault("wallet", "-", "missing: its ledger has rows")
            return
        expected = {
            **self.balances,
            "last_number": self.number,
            "last_digest": self.digest,
            "last_posted_at": self.posted_at,
        }
        for name, value in expected.items():
            said = getattr(wallet, name)
            if said != value:
                self._fault(
                    "wallet", "-", f"{name} is {_shown(said)}, the entries make {_shown(value)}"
                )

    def _entry(self, number: int | None) -> Entry | None:
        if self._numbered is None:
            self._numbered = {entry.number: entry for entry in self._held_entries}
        return self._numbered.get(number) if number is not None else None

    def _fault(self, table: str, row: int | str, differs: str) -> None:
        self.faults.append(Fault(table, self.subscriber_id, str(row), differs))


def trial_balance(books: Iterable[dict[str, int]]) -> dict[str, int]:
    """The sums of many wallets' balances, ledger account by ledger account."""
    sums = dict.fromkeys(LEDGER_ACCOUNTS, 0)
    for balances in books:
        for account, points in balances.items():
            sums[account] += points
    return sums


def closes(balances: dict[str, int]) -> bool:
    """Whether what was issued and is owed is somewhere: the two sides are equal."""
    outward = sum(balances[account] for account in COUNTED_OUTWARD)
    inward = sum(balances[account] for account in LEDGER_ACCOUNTS if account not in COUNTED_OUTWARD)
    return outward == inward


def _by_entry(draws: Iterable[Draw]) -> dict[int, list[Draw]]:
    found: dict[int, list[Draw]] = {}
    for draw in draws:
        found.setdefault(draw.entry, []).append(draw)
    return found


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()[:12] or "empty"
    return value.isoformat() if isinstance(value, datetime) else str(value)
