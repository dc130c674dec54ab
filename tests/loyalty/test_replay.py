"""Replay: any book that the policies write is proven, and no row of it can be altered unseen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.accrual import Benefits, ChargeItem, accrue
from loyalty.policy.book import (
    LEDGER_ACCOUNTS,
    Book,
    Cause,
    Entry,
    empty_balances,
    entry_digest,
    unkeyed_digest,
)
from loyalty.policy.expiry import expire
from loyalty.policy.lots import Draw, Lot, open_lots
from loyalty.policy.redemptions import RedemptionItem, give_back, reserve, settle
from loyalty.policy.refunds import ChargedPoints, RefundItem, take_back
from loyalty.policy.replay import (
    HeldWallet,
    WalletRow,
    closes,
    replay,
    replay_until,
    trial_balance,
)
from loyalty.policy.terms import Terms

KEY = b"signs the entries of these tests"
START = datetime(2025, 1, 1, 12, tzinfo=UTC)
TERMS = Terms()


class Wallet:
    """One wallet whose verbs are the policies, with no database."""

    def __init__(self) -> None:
        self.book = Book(7, "ann", empty_balances(), KEY)
        self.lots: list[Lot] = []
        self.draws: list[Draw] = []
        self.now = START

    def held(self) -> HeldWallet:
        book = self.book
        row = WalletRow(
            subscriber_id=7,
            **book.balances,
            last_number=book.number,
            last_digest=book.digest,
            last_posted_at=book.posted_at,
        )
        lots = [
            Lot(lot.subscriber_id, lot.number, lot.points, lot.remaining, lot.expires_at)
            for lot in self.lots
        ]
        return HeldWallet(7, row, list(book.entries), lots, list(self.draws))

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    def earn(self, points: int) -> None:
        item = ChargeItem(f"c{self.book.number}", "ann", points * 100, "service", self.now)
        made = accrue(
            self.book,
            item,
            month=START.date().replace(day=1),
            points=points,
            benefits=Benefits(0),
            terms=TERMS,
            terms_number=1,
            now=self.now,
        )
        if made.lot is not None:
            opened = made.points_earned - made.points_to_debt
            expires_at = self.now + timedelta(days=365)
            self.lots.append(Lot(7, made.lot, opened, opened, expires_at))

    def reserve(self, points: int) -> tuple[Entry, list[Draw]] | None:
        lots = open_lots(self.lots, self.now)
        if sum(lot.remaining for lot in lots) < points:
            return None
        item = RedemptionItem(f"r{self.book.number}", "ann", points, "bill_credit")
        entry, draws = reserve(self.book, item, lots, terms_number=1, now=self.now)
        self.draws += draws
        return entry, draws

    def spend(self, points: int) -> None:
        if reserved := self.reserve(points):
            settle(self.book, reserved[0].cause_id, points, terms_number=1, now=self.now)

    def release(self, points: int) -> None:
        if reserved := self.reserve(points):
            self._give_back("release", [reserved[0]], reserved[1])

    def reverse(self, points: int) -> None:
        if reserved := self.reserve(points):
            settled = settle(self.book, reserved[0].cause_id, points, terms_number=1, now=self.now)
            self._give_back("reversal", [settled, reserved[0]], reserved[1])

    def _give_back(self, kind: str, originals: list[Entry], draws: list[Draw]) -> None:
        self.draws += give_back(
            self.book, kind, originals, draws, self.lots, terms_number=1, now=self.now
        )

    def refund(self, points: int) -> None:
        charge = ChargedPoints(points * 100, "service", "bronze", 0, 0, 0, 0, None, 0, 0)
        item = RefundItem(f"b{self.book.number}", "c", "ann", points * 100, "refund", self.now)
        taken = take_back(
            self.book,
            item,
            charge,
            self.lots,
            lost_excess=0,
            terms=TERMS,
            terms_number=1,
            now=self.now,
        )
        self.draws += taken.draws

    def sweep(self, days: int) -> None:
        self.wait(days)
        lapsed = [lot for lot in self.lots if lot.has_lapsed(self.now) and lot.remaining]
        self.draws += expire(self.book, lapsed, terms_number=1, now=self.now)


EVENTS = ("earn", "spend", "release", "reverse", "refund", "sweep", "wait")
HISTORIES = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(1, 400)), min_size=1, max_size=25
)


def lived(events: list[tuple[str, int]]) -> Wallet:
    wallet = Wallet()
    wallet.earn(500)
    for name, size in events:
        getattr(wallet, name)(size)
    return wallet


@given(HISTORIES)
def test_whatever_the_policies_write_is_proven(events: list[tuple[str, int]]) -> None:
    wallet = lived(events)
    replayed = replay(wallet.held(), [KEY])
    assert replayed.faults == []
    assert replayed.balances == wallet.book.balances
    assert closes(replayed.balances)


@given(HISTORIES, st.data())
def test_no_altered_entry_stays_unseen(events: list[tuple[str, int]], data: st.DataObject) -> None:
    held = lived(events).held()
    place = data.draw(st.integers(0, len(held.entries) - 1))
    name, value = data.draw(
        st.sampled_from(
            [
                ("points", held.entries[place].points + 1),
                ("cause_id", "forged"),
                ("occurred_at", START - timedelta(days=1)),
                ("posted_at", held.entries[place].posted_at + timedelta(microseconds=1)),
                ("terms", 2),
                ("available_after", held.entries[place].available_after + 1),
                ("digest", bytes(32)),
            ]
        )
    )
    held.entries[place] = held.entries[place]._replace(**{name: value})  # type: ignore[arg-type]
    first = replay(held, [KEY]).faults[0]
    assert (first.table, first.row) == ("entry", str(place + 1))


@given(HISTORIES, st.data())
def test_no_missing_row_stays_unseen(events: list[tuple[str, int]], data: st.DataObject) -> None:
    held = lived(events).held()
    rows: list[object] = data.draw(
        st.sampled_from([each for each in (held.entries, held.lots, held.draws) if each])
    )
    del rows[data.draw(st.integers(0, len(rows) - 1))]
    assert replay(held, [KEY]).faults


@given(HISTORIES, st.data())
def test_no_altered_lot_or_draw_stays_unseen(
    events: list[tuple[str, int]], data: st.DataObject
) -> None:
    held = lived(events).held()
    lot = data.draw(st.sampled_from(held.lots))
    changes: list[Callable[[], None]] = [
        lambda: setattr(lot, "remaining", lot.remaining + 1),
        lambda: setattr(lot, "points", lot.points + 1),
    ]
    if held.draws:
        place = data.draw(st.integers(0, len(held.draws) - 1))
        more = held.draws[place]._replace(points=held.draws[place].points + 1)
        changes.append(lambda: held.draws.__setitem__(place, more))
    data.draw(st.sampled_from(changes))()
    assert replay(held, [KEY]).faults


@pytest.mark.parametrize("name", [*LEDGER_ACCOUNTS, "last_number"])
def test_a_wallet_that_says_otherwise_is_named(name: str) -> None:
    held = lived([("spend", 100), ("sweep", 400)]).held()
    assert held.wallet is not None
    held.wallet = held.wallet._replace(**{name: getattr(held.wallet, name) + 1})
    [fault] = replay(held, [KEY]).faults
    assert (fault.table, fault.subscriber_id) == ("wallet", 7)
    assert fault.differs.startswith(name)


def test_a_reservation_that_passes_an_earlier_lot_over_is_named() -> None:
    wallet = Wallet()
    wallet.earn(100)
    wallet.wait(10)
    wallet.earn(100)
    wallet.spend(50)
    held = wallet.held()
    held.draws = [Draw(7, 3, 2, 50)]
    held.lots[0].remaining, held.lots[1].remaining = 100, 50
    [fault] = replay(held, [KEY]).faults
    assert (fault.table, fault.row) == ("lotdraw", "3")
    assert "passed over" in fault.differs


def test_a_reservation_from_a_lapsed_lot_is_named() -> None:
    wallet = lived([("wait", 10), ("spend", 100)])
    held = wallet.held()
    held.lots[0].expires_at = START + timedelta(days=9)
    assert [fault.differs for fault in replay(held, [KEY]).faults] == ["a lapsed lot was spent"]


def test_an_entry_reversed_twice_is_named() -> None:
    wallet = Wallet()
    wallet.earn(500)
    reserved = wallet.reserve(100)
    assert reserved is not None
    wallet.reserve(100)
    original = reserved[0]
    for _ in range(2):
        wallet.book.mirror(
            "release",
            original,
            cause=Cause("redemption", original.cause_id),
            occurred_at=START,
            now=START,
            terms=1,
        )
    wallet.lots[0].remaining += 100
    said = " ".join(fault.differs for fault in replay(wallet.held(), [KEY]).faults)
    assert f"reverses entry {original.number} again" in said


def test_a_posting_that_falls_behind_is_named() -> None:
    wallet = lived([("wait", 3)])
    wallet.book.posted_at = None
    wallet.now = START - timedelta(days=1)
    wallet.earn(10)
    assert any("falls behind" in fault.differs for fault in replay(wallet.held(), [KEY]).faults)


def test_one_altered_balance_is_not_reported_with_every_later_entry() -> None:
    held = lived([("earn", 1)] * 20).held()
    held.entries[3] = held.entries[3]._replace(points=held.entries[3].points + 5)
    assert len(replay(held, [KEY]).faults) < 8


@given(HISTORIES, st.integers(0, 4000))
def test_every_past_instant_is_proven(events: list[tuple[str, int]], days: int) -> None:
    wallet = lived(events)
    as_of = START + timedelta(days=days)
    replayed = replay_until(wallet.held(), as_of, [KEY])
    assert replayed.faults == []
    moved = [
        entry.points
        for entry in wallet.book.entries
        if entry.posted_at <= as_of and entry.source == "issued"
    ]
    assert replayed.balances["issued"] == sum(moved)


def test_an_orphaned_ledger_misses_its_wallet() -> None:
    held = lived([]).held()
    held.wallet = None
    assert [fault.table for fault in replay(held, [KEY]).faults] == ["wallet"]


def test_the_trial_balance_of_wallets_closes_if_theirs_do() -> None:
    books = [lived([("spend", size), ("refund", size)]).book.balances for size in (1, 50, 300)]
    sums = trial_balance(books)
    assert closes(sums)
    sums["available"] += 1
    assert not closes(sums)


def test_a_wrong_balance_is_named_where_the_chain_was_signed_again() -> None:
    wallet = lived([("earn", 10), ("spend", 20)])
    digest = b""
    for place, entry in enumerate(wallet.book.entries):
        told = entry._replace(available_after=entry.available_after + (place >= 1))
        digest = entry_digest(digest, told[:-1], KEY)
        wallet.book.entries[place] = told._replace(digest=digest)
    wallet.book.digest = digest
    [fault] = replay(wallet.held(), [KEY]).faults
    assert (fault.table, fault.row) == ("entry", "2")
    assert fault.differs == "available_after is 511, the entries make it 510"


def test_lots_that_hold_another_sum_than_the_balance_are_named_at_their_entry() -> None:
    held = lived([("earn", 10)]).held()
    held.lots[1].points = held.lots[1].remaining = 12
    assert [fault.differs for fault in replay(held, [KEY]).faults] == [
        "points are 12, its entry credits 10",
        "available is 510 after it, the lots hold 512",
    ]


def signed_by(wallet: Wallet, *keys: bytes) -> HeldWallet:
    """The wallet with each entry signed by its key; the last key signs the rest."""
    digest = b""
    for place, entry in enumerate(wallet.book.entries):
        digest = entry_digest(digest, entry[:-1], keys[min(place, len(keys) - 1)])
        wallet.book.entries[place] = entry._replace(digest=digest)
    wallet.book.digest = digest
    return wallet.held()


OLD, NEW = b"the key before", b"the key after"


def test_entries_are_proven_by_the_key_of_their_time() -> None:
    held = signed_by(lived([("earn", 10), ("spend", 20)]), OLD, NEW)
    assert replay(held, [NEW, OLD]).faults == []
    [fault] = replay(held, [NEW]).faults
    assert (fault.table, fault.row) == ("entry", "1")


def test_a_key_that_was_replaced_signs_nothing_any_more() -> None:
    held = signed_by(lived([("earn", 10), ("spend", 20)]), NEW, OLD)
    [fault, *_] = replay(held, [NEW, OLD]).faults
    assert (fault.table, fault.row) == ("entry", "2")


def test_only_entries_of_before_the_key_may_do_without() -> None:
    wallet = lived([("earn", 10), ("spend", 20)])
    digest = b""
    for place, entry in enumerate(wallet.book.entries):
        digest = (
            unkeyed_digest(digest, entry[:-1])
            if place < 2
            else entry_digest(digest, entry[:-1], KEY)
        )
        wallet.book.entries[place] = entry._replace(digest=digest)
    wallet.book.digest = digest
    held = wallet.held()
    assert [fault.row for fault in replay(held, [KEY]).faults] == ["1", "2"]
    held.unkeyed_until = 1
    assert [fault.row for fault in replay(held, [KEY]).faults] == ["2"]
    held.unkeyed_until = 2
    assert replay(held, [KEY]).faults == []


def test_a_path_that_no_kind_of_entry_takes_is_named() -> None:
    wallet = lived([("earn", 10)])
    told = wallet.book.entries[1]._replace(kind="expiry")
    digest = entry_digest(wallet.book.entries[0].digest, told[:-1], KEY)
    wallet.book.entries[1], wallet.book.digest = told._replace(digest=digest), digest
    assert [fault.differs for fault in replay(wallet.held(), [KEY]).faults] == [
        "expiry can't move 10 from issued to available"
    ]


def test_a_balance_below_zero_is_named_where_the_chain_was_signed_again() -> None:
    wallet = lived([("spend", 20)])
    wallet.book.entries[2] = wallet.book.entries[2]._replace(points=25)
    told = wallet.book.entries[2]
    digest = entry_digest(wallet.book.entries[1].digest, told[:-1], KEY)
    wallet.book.entries[2], wallet.book.digest = told._replace(digest=digest), digest
    found = [fault.differs for fault in replay(wallet.held(), [KEY]).faults]
    assert "reserved falls to -5" in found


def signed_again(wallet: Wallet, place: int, **changes: object) -> list[str]:
    """What is found where an entry was changed and the chain was signed again from it on."""
    entries, digest = wallet.book.entries, b""
    entries[place] = entries[place]._replace(**changes)  # type: ignore[arg-type]
    for number, entry in enumerate(entries):
        digest = entry_digest(digest, entry[:-1], KEY)
        entries[number] = entry._replace(digest=digest)
    wallet.book.digest = digest
    return [fault.differs for fault in replay(wallet.held(), [KEY]).faults]


@pytest.mark.parametrize(
    ("events", "place", "changes", "differs"),
    [
        ([("release", 9)], 2, {"reverses": 1}, "is no mirror of entry 1"),
        ([("release", 9)], 2, {"reverses": 3}, "reverses 3, which it can't"),
        ([("release", 9)], 2, {"reverses": None}, "reverses None, which it can't"),
        ([("spend", 9)], 2, {"reverses": 2}, "reverses 2, which it can't"),
        ([("sweep", 400)], 1, {"cause_id": "8"}, "expiry of lot 8 draws from others"),
        ([("sweep", 400)], 1, {"occurred_at": START}, "was not emptied at its expiry by entry 2"),
    ],
)
def test_a_chain_that_was_signed_again_hides_nothing(
    events: list[tuple[str, int]], place: int, changes: dict[str, object], differs: str
) -> None:
    assert differs in signed_again(lived(events), place, **changes)


def test_draws_from_nowhere_and_by_nobody_are_named() -> None:
    held = lived([("spend", 9)]).held()
    held.draws = [Draw(7, 2, 44, 9), Draw(7, 66, 1, 9)]
    said = [fault.differs for fault in replay(held, [KEY]).faults]
    assert "lot 44 was not open" in said
    assert "no entry of this number takes from lots" in said
