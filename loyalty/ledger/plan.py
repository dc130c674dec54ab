"""A verb's plan, and writing it: each table once, whatever the number of rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from kernel.arrays import scalar
from loyalty.ledger.connection import (
    FEW,
    execute,
    execute_together,
    is_sent_together,
    ledger_cursor,
    of_one_row,
)
from loyalty.ledger.counts import count_after_commit
from loyalty.policy.book import LEDGER_ACCOUNTS, Book, Entry
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.refunds import ChargedPoints
from loyalty.policy.terms import NumberedTerms


class ChargeRow(NamedTuple):
    """A charge as it is kept; the fields are the table's columns."""

    subscriber_id: int
    charge_id: str
    amount_minor: int
    kind: str
    occurred_at: datetime
    month: date
    fingerprint: bytes
    tier: str
    terms: int
    points_earned: int
    points_in_review: int
    points_to_debt: int
    lot: int | None
    posted_at: datetime
    refunded_minor: int
    points_waiting: int


class RefundRow(NamedTuple):
    """A refund as it is kept; the fields are the table's columns."""

    subscriber_id: int
    refund_id: str
    charge_id: str
    amount_minor: int
    reason: str
    occurred_at: datetime
    fingerprint: bytes
    status: str
    points_from_review: int
    points_revoked: int
    points_lapsed: int
    points_to_debt: int
    points_from_declined: int
    received_at: datetime
    applied_at: datetime | None


class ReversalRow(NamedTuple):
    """What becomes of a refund that is reversed; the fields are columns."""

    subscriber_id: int
    refund_id: str
    reversed_at: datetime
    reversal_occurred_at: datetime
    reversal_reason: str
    kept_from_review: int
    kept_earned: int


@dataclass(slots=True)
class MonthChange:
    """What a verb adds to a calendar month of a subscriber."""

    revenue_minor: int = 0
    points_earned: int = 0
    benefit_minor: int = 0
    points_redeemed: int = 0


@dataclass(slots=True)
class Excess:
    """What a verb sends above the cap to review, or takes back from there."""

    points: int
    value_minor: int
    terms: int
    four_eyes_above_minor: int


@dataclass(slots=True)
class Plan:
    """What is to be written. Lots that are `changed` exist already, those `opened` don't."""

    books: dict[int, Book] = field(default_factory=dict)
    charges: list[ChargeRow] = field(default_factory=list)
    opened: dict[tuple[int, int], Lot] = field(default_factory=dict)
    changed: dict[tuple[int, int], Lot] = field(default_factory=dict)
    draws: list[Draw] = field(default_factory=list)
    months: dict[tuple[int, date], MonthChange] = field(default_factory=dict)
    excess: dict[tuple[int, date], Excess] = field(default_factory=dict)
    refunds: list[RefundRow] = field(default_factory=list)
    applied: list[RefundRow] = field(default_factory=list)
    reversed: list[ReversalRow] = field(default_factory=list)
    refunded: dict[tuple[int, str], ChargedPoints] = field(default_factory=dict)

    def month(self, subscriber_id: int, month: date) -> MonthChange:
        """The change of a month, to be added to."""
        key = (subscriber_id, month)
        change = self.months.get(key)
        if change is None:
            change = self.months[key] = MonthChange()
        return change

    def hold(
        self,
        subscriber_id: int,
        month: date,
        points: int,
        terms: NumberedTerms,
    ) -> None:
        """Add points above the cap to what waits for review; negative ones are taken away."""
        number, promised = terms
        excess = self.excess.get((subscriber_id, month))
        if excess is None:
            excess = Excess(0, 0, number, promised.four_eyes_above_minor)
            self.excess[subscriber_id, month] = excess
        excess.points += points
        excess.value_minor += points * promised.point_value_minor

    def take(self, draws: Iterable[Draw], lots: Iterable[Lot]) -> None:
        """Note draws, and the lots that they changed."""
        self.draws.extend(draws)
        for lot in lots:
            key = (lot.subscriber_id, lot.number)
            if key not in self.opened:
                self.changed[key] = lot


class _Table(NamedTuple):
    insert: str
    copy: str
    types: tuple[str, ...]


Rows = Sequence[tuple[object, ...]]


def _table(name: str, fields: Sequence[str], kinds: str) -> _Table:
    columns, types = ", ".join(fields), kinds.split()
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    return _Table(
        f"INSERT INTO {name} ({columns}) SELECT * FROM unnest({arrays}) AS v",  # noqa: S608
        f"COPY {name} ({columns}) FROM STDIN (FORMAT BINARY)",
        tuple(types),
    )


_LOT_COLUMNS = ("subscriber_id", "number", "points", "remaining", "expires_at")

_ENTRIES = _table(
    "loyalty_entry",
    Entry._fields,
    "int8 int4 text text text int8 text text timestamptz timestamptz int2 int8 int4 bytea",
)
_LOTS = _table("loyalty_lot", _LOT_COLUMNS, "int8 int4 int8 int8 timestamptz")
_DRAWS = _table("loyalty_lotdraw", Draw._fields, "int8 int4 int4 int8")
_CHARGES = _table(
    "loyalty_charge",
    ChargeRow._fields,
    (
        "int8 text int8 text timestamptz date bytea text int2 "
        "int8 int8 int8 int4 timestamptz int8 int8"
    ),
)

_REFUNDS = _table(
    "loyalty_refund",
    RefundRow._fields,
    (
        "int8 text text int8 text timestamptz bytea text int8 int8 int8 int8 int8"
        " timestamptz timestamptz"
    ),
)

_APPLY_REFUNDS = """
    UPDATE loyalty_refund r SET status = v.status, applied_at = v.applied_at,
        points_from_review = v.points_from_review, points_revoked = v.points_revoked,
        points_lapsed = v.points_lapsed, points_to_debt = v.points_to_debt,
        points_from_declined = v.points_from_declined
    FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::timestamptz[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) AS v (
        subscriber_id, refund_id, status, applied_at,
        points_from_review, points_revoked, points_lapsed, points_to_debt, points_from_declined
    )
    WHERE r.subscriber_id = v.subscriber_id AND r.refund_id = v.refund_id
"""

_REVERSE_REFUNDS = """
    UPDATE loyalty_refund r SET status = 'reversed', reversed_at = v.reversed_at,
        reversal_occurred_at = v.reversal_occurred_at, reversal_reason = v.reversal_reason,
        kept_from_review = v.kept_from_review, kept_earned = v.kept_earned
    FROM unnest(
        %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
        %s::smallint[], %s::smallint[]
    ) AS v (
        subscriber_id, refund_id, reversed_at, reversal_occurred_at, reversal_reason,
        kept_from_review, kept_earned
    )
    WHERE r.subscriber_id = v.subscriber_id AND r.refund_id = v.refund_id
"""

_REFUND_CHARGES = """
    UPDATE loyalty_charge c SET refunded_minor = v.refunded_minor,
        points_waiting = v.points_waiting, points_declined = v.points_declined
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS v (subscriber_id, charge_id, refunded_minor, points_waiting, points_declined)
    WHERE c.subscriber_id = v.subscriber_id AND c.charge_id = v.charge_id
"""

_UPDATE_LOTS = """
    UPDATE loyalty_lot l SET remaining = v.remaining
    FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS v (subscriber_id, number, remaining)
    WHERE l.subscriber_id = v.subscriber_id AND l.number = v.number
"""

_ADD_TO_MONTHS = """
    INSERT INTO loyalty_subscribermonth AS m (
        subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed
    )
    SELECT * FROM unnest(
        %s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) AS v
    ON CONFLICT (subscriber_id, month) DO UPDATE SET
        revenue_minor = m.revenue_minor + excluded.revenue_minor,
        points_earned = m.points_earned + excluded.points_earned,
        benefit_minor = m.benefit_minor + excluded.benefit_minor,
        points_redeemed = m.points_redeemed + excluded.points_redeemed
"""

# An upsert checks the row that it proposes before it looks for the one that is there, so that
# what only ever lowers an existing row is an update.
_TAKE_FROM_MONTHS = """
    UPDATE loyalty_subscribermonth m SET
        revenue_minor = m.revenue_minor + v.revenue_minor,
        points_earned = m.points_earned + v.points_earned,
        benefit_minor = m.benefit_minor + v.benefit_minor,
        points_redeemed = m.points_redeemed + v.points_redeemed
    FROM unnest(
        %s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) AS v (subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed)
    WHERE m.subscriber_id = v.subscriber_id AND m.month = v.month
"""

_EXCESS = (
    '{"code": "cap_benefits",'
    ' "detail": "Charges of this month earned more than the caps of benefits leave room for."}'
)
_HOLD_EXCESS = f"""
    INSERT INTO loyalty_payout AS p (
        id, subscriber_id, kind, status, month, points, value_minor, terms,
        four_eyes_above_minor, cause_type, cause_id, reasons, requested_at
    )
    SELECT gen_random_uuid(), v.subscriber_id, 'cap_excess', 'in_review', v.month,
        v.points, v.value_minor, v.terms, v.four_eyes_above_minor,
        'month', to_char(v.month, 'YYYY-MM'), '[{_EXCESS}]', v.requested_at
    FROM unnest(
        %s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[],
        %s::timestamptz[]
    ) AS v (
        subscriber_id, month, points, value_minor, terms, four_eyes_above_minor, requested_at
    )
    ON CONFLICT (subscriber_id, month) WHERE kind = 'cap_excess' AND status = 'in_review'
    DO UPDATE SET points = p.points + excluded.points,
        value_minor = p.value_minor + excluded.value_minor
"""  # noqa: S608

_TAKE_FROM_EXCESS = """
    UPDATE loyalty_payout p SET points = p.points + v.points,
        value_minor = p.value_minor + v.value_minor
    FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[])
        AS v (subscriber_id, month, points, value_minor)
    WHERE p.subscriber_id = v.subscriber_id AND p.month = v.month
        AND p.kind = 'cap_excess' AND p.status = 'in_review'
"""

_BOOK_TYPES = {
    "last_number": "int4",
    "last_digest": "bytea",
    "last_posted_at": "timestamptz",
    "benefit_life_minor": "int8",
    "waiting_refunds": "int4",
    **dict.fromkeys(LEDGER_ACCOUNTS, "int8"),
}
_UPDATE_WALLETS = f"""
    UPDATE loyalty_wallet w SET {", ".join(f"{name} = v.{name}" for name in _BOOK_TYPES)}
    FROM unnest(%s::bigint[], {", ".join(f"%s::{kind}[]" for kind in _BOOK_TYPES.values())})
        AS v (subscriber_id, {", ".join(_BOOK_TYPES)})
    WHERE w.subscriber_id = v.subscriber_id
"""  # noqa: S608


def write(plan: Plan, *, now: datetime) -> None:
    """Write a plan in a fixed number of statements, in the transaction that holds its locks."""
    books = [plan.books[key] for key in sorted(plan.books)]
    inserts: list[tuple[_Table, Rows]] = [
        (_CHARGES, plan.charges),
        (_ENTRIES, [entry for book in books for entry in book.entries]),
        (_LOTS, [_lot_values(lot) for lot in plan.opened.values()]),
        (_REFUNDS, plan.refunds),
        (_DRAWS, plan.draws),
    ]
    added, taken = _months(plan)
    changes: list[tuple[str, Rows]] = [
        *_changes(plan),
        (_ADD_TO_MONTHS, added),
        (_TAKE_FROM_MONTHS, taken),
        *_changes_of_excess(plan, now),
        (_UPDATE_WALLETS, [_wallet_values(book) for book in books]),
    ]
    count_after_commit(books)
    # Few charges can make more rows than that, of a subscriber with a long history.
    if is_sent_together() or all(len(rows) < FEW for _, rows in (*inserts, *changes)):
        _write_few([*((table.insert, rows) for table, rows in inserts), *changes])
        return
    for table, rows in inserts:
        _insert(table, rows)
    for sql, rows in changes:
        _execute(sql, rows)


def _changes(plan: Plan) -> list[tuple[str, Rows]]:
    """What an accrual alone has none of: refunds, and lots that were drawn from."""
    return [
        (
            _UPDATE_LOTS,
            [(*key, lot.remaining) for key, lot in sorted(plan.changed.items())],
        ),
        (
            _APPLY_REFUNDS,
            [
                (
                    row.subscriber_id,
                    row.refund_id,
                    row.status,
                    row.applied_at,
                    row.points_from_review,
                    row.points_revoked,
                    row.points_lapsed,
                    row.points_to_debt,
                    row.points_from_declined,
                )
                for row in plan.applied
            ],
        ),
        (_REVERSE_REFUNDS, plan.reversed),
        (
            _REFUND_CHARGES,
            [
                (*key, charge.refunded_minor, charge.points_waiting, charge.points_declined)
                for key, charge in plan.refunded.items()
            ],
        ),
    ]


def _months(plan: Plan) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    added: list[tuple[object, ...]] = []
    taken: list[tuple[object, ...]] = []
    for key, change in plan.months.items():
        values = (
            change.revenue_minor,
            change.points_earned,
            change.benefit_minor,
            change.points_redeemed,
        )
        (taken if min(values) < 0 else added).append((*key, *values))
    return added, taken


def _changes_of_excess(plan: Plan, now: datetime) -> list[tuple[str, Rows]]:
    added = [
        (
            *key,
            excess.points,
            excess.value_minor,
            excess.terms,
            excess.four_eyes_above_minor,
            now,
        )
        for key, excess in plan.excess.items()
        if excess.points > 0
    ]
    taken = [
        (*key, excess.points, excess.value_minor)
        for key, excess in plan.excess.items()
        if excess.points < 0
    ]
    return [(_HOLD_EXCESS, added), (_TAKE_FROM_EXCESS, taken)]


def _wallet_values(book: Book) -> tuple[object, ...]:
    return (
        book.subscriber_id,
        book.number,
        book.digest,
        book.posted_at,
        book.benefit_life_minor,
        book.waiting_refunds,
        *book.balances.values(),
    )


def _lot_values(lot: Lot) -> tuple[object, ...]:
    return (lot.subscriber_id, lot.number, lot.points, lot.remaining, lot.expires_at)


def _write_few(changes: Iterable[tuple[str, Rows]]) -> None:
    """All in one statement: its parts touch different tables, or different rows of one."""
    touched = [
        (of_one_row(sql), list(map(scalar, rows[0]))) if len(rows) == 1 else (sql, _columns(rows))
        for sql, rows in changes
        if rows
    ]
    if touched:
        execute_together(touched)


def _insert(table: _Table, rows: Rows) -> None:
    if len(rows) < FEW:
        _execute(table.insert, rows)
        return
    with ledger_cursor() as cursor, cursor.copy(table.copy.encode()) as copy:
        copy.set_types(table.types)
        for row in rows:
            copy.write_row(row)


def _execute(sql: str, rows: Rows) -> None:
    if rows:
        execute(sql, *_columns(rows))


def _columns(rows: Rows) -> list[list[object]]:
    return list(map(list, zip(*rows, strict=True)))
