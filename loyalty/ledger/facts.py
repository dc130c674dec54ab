"""What verbs read under the locks of their books."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.ledger.connection import LedgerCursor, ask, fetch
from loyalty.policy.book import Entry
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.tiers import TierStart


class KeptCharge(NamedTuple):
    """A charge that was posted before, with what refunds have changed of it."""

    subscriber_id: int
    charge_id: str
    fingerprint: bytes
    amount_minor: int
    kind: str
    occurred_at: datetime
    month: date
    tier: str
    terms: int
    points_earned: int
    points_in_review: int
    points_to_debt: int
    lot: int | None
    posted_at: datetime
    refunded_minor: int
    points_waiting: int
    points_cleared: int
    points_declined: int


class KeptRefund(NamedTuple):
    """A refund that was received before."""

    subscriber_id: int
    refund_id: str
    charge_id: str
    fingerprint: bytes
    amount_minor: int
    reason: str
    occurred_at: datetime
    status: str
    points_from_review: int
    points_revoked: int
    points_lapsed: int
    points_to_debt: int
    points_from_declined: int
    received_at: datetime
    kept_from_review: int
    kept_earned: int


_CHARGES = f"""
    SELECT {", ".join(f"c.{name}" for name in KeptCharge._fields)}
    FROM unnest(%s::bigint[], %s::text[]) AS v (subscriber_id, charge_id)
    JOIN loyalty_charge c USING (subscriber_id, charge_id)
"""  # noqa: S608

_CHARGES_OF = f"""
    SELECT {", ".join(f"c.{name}" for name in KeptCharge._fields)}
    FROM unnest(%s::text[], %s::text[]) AS v (external_id, charge_id)
    JOIN accounts_subscriber s USING (external_id)
    JOIN loyalty_charge c ON c.subscriber_id = s.id AND c.charge_id = v.charge_id
"""  # noqa: S608

_REFUNDS = f"""
    SELECT {", ".join(f"r.{name}" for name in KeptRefund._fields)}
    FROM unnest(%s::bigint[], %s::text[]) AS v (subscriber_id, refund_id)
    JOIN loyalty_refund r USING (subscriber_id, refund_id)
"""  # noqa: S608

_WAITING_REFUNDS = f"""
    SELECT {", ".join(f"r.{name}" for name in KeptRefund._fields)}
    FROM unnest(%s::bigint[], %s::text[]) AS v (subscriber_id, charge_id)
    JOIN loyalty_refund r USING (subscriber_id, charge_id)
    WHERE r.status = 'waiting'
    ORDER BY r.received_at, r.refund_id
"""  # noqa: S608

# Lots with points left, and those that are asked for by number.
_LOTS = """
    SELECT subscriber_id, number, points, remaining, expires_at FROM loyalty_lot
    WHERE subscriber_id = ANY(%s::bigint[]) AND remaining > 0
    UNION
    SELECT l.subscriber_id, l.number, l.points, l.remaining, l.expires_at
    FROM unnest(%s::bigint[], %s::int[]) AS v (subscriber_id, number)
    JOIN loyalty_lot l USING (subscriber_id, number)
"""

_DUE_LOTS = """
    SELECT subscriber_id, number, points, remaining, expires_at FROM loyalty_lot
    WHERE subscriber_id = ANY(%s::bigint[]) AND remaining > 0 AND expires_at <= %s
    ORDER BY subscriber_id, expires_at, number
"""

# Lots that hold points of an earlier entry: what had paid debt and was returned, or the odd point
# of a reversed refund. `cause` names what the points were earned by, followed through each
# payment of debt. Parts of a payment that drew from several lots are returned in the order of
# `takings.payments_of_debt`, whence the sums.
_HEIRS = """
    WITH RECURSIVE heir (lot, number) AS (
        SELECT r.number, r.number FROM loyalty_entry r
        WHERE r.subscriber_id = v.subscriber_id AND r.kind IN ('debt_return', 'rounding')
            AND r.destination = 'available'
        UNION ALL
        SELECT h.lot, coalesce(d.lot, p.number)
        FROM heir h
        JOIN loyalty_entry r ON r.subscriber_id = v.subscriber_id AND r.number = h.number
            AND r.kind = 'debt_return'
        JOIN loyalty_entry p ON p.subscriber_id = v.subscriber_id
            AND p.number = CASE WHEN r.kind = 'debt_return' THEN r.cause_id::int END
        LEFT JOIN loyalty_lotdraw d ON d.subscriber_id = v.subscriber_id AND d.entry = p.number
            AND (
                SELECT coalesce(sum(b.points), 0) FROM loyalty_entry b
                WHERE b.subscriber_id = v.subscriber_id AND b.kind = 'debt_return'
                    AND b.destination = 'available' AND b.cause_id = r.cause_id
                    AND b.number < r.number
            ) - (
                SELECT coalesce(sum(o.points), 0) FROM loyalty_lotdraw o
                WHERE o.subscriber_id = v.subscriber_id AND o.entry = p.number AND o.lot > d.lot
            ) BETWEEN 0 AND d.points - 1
    )
    SELECT l.subscriber_id, l.number, l.remaining, l.expires_at, e.occurred_at,
        e.cause_type, e.cause_id
    FROM heir h
    JOIN loyalty_entry e ON e.subscriber_id = v.subscriber_id AND e.number = h.number
        AND e.kind <> 'debt_return'
    JOIN loyalty_lot l ON l.subscriber_id = v.subscriber_id AND l.number = h.lot
"""

# What a lot `l` lost unspent in sweeps.
_SWEPT_OF_LOT = """(
    SELECT coalesce(sum(d.points), 0) FROM loyalty_lotdraw d
    JOIN loyalty_entry e ON e.subscriber_id = d.subscriber_id AND e.number = d.entry
    WHERE d.subscriber_id = l.subscriber_id AND d.lot = l.number
        AND e.kind IN ('expiry', 'revocation')
)"""

# What a lot `l` lost unspent, whether it was swept yet or not.
_LOST = f"(CASE WHEN l.expires_at <= v.now THEN l.remaining ELSE 0 END + {_SWEPT_OF_LOT})"

# What of the points of a charge (subscriber_id, charge_id) came back as another lot and lapsed.
_LOST_BY_HEIRS = f"""(
    SELECT coalesce(sum({_LOST}), 0) FROM ({_HEIRS}) l
    WHERE l.cause_type = 'charge' AND l.cause_id = v.charge_id
        OR l.cause_type = 'refund' AND EXISTS (
            SELECT 1 FROM loyalty_refund r WHERE r.subscriber_id = v.subscriber_id
                AND r.refund_id = l.cause_id AND r.charge_id = v.charge_id
        )
)"""  # noqa: S608

# What charges lost unspent, and what of it their refunds have counted already. What lapsed in a
# charge's own lot and was not swept yet is counted from the lot.
_SWEPT = f"""
    SELECT v.subscriber_id, v.charge_id,
        (coalesce((
            SELECT {_SWEPT_OF_LOT} FROM loyalty_lot l
            WHERE l.subscriber_id = v.subscriber_id AND l.number = v.lot
        ), 0) + {_LOST_BY_HEIRS})::bigint,
        (SELECT coalesce(sum(r.points_lapsed), 0)
         FROM loyalty_refund r
         WHERE r.subscriber_id = v.subscriber_id AND r.charge_id = v.charge_id
         AND r.status = 'applied')::bigint
    FROM (
        SELECT u.*, %s::timestamptz AS now
        FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS u (subscriber_id, charge_id, lot)
    ) v
"""  # noqa: S608

# The lots of a month's cleared excess belong to all charges that exceeded the cap: a refund
# counts what its own charge's lots lost first, and what is beyond that was counted here.
_LOST_EXCESS = f"""
    SELECT v.subscriber_id, v.month, (given.lost + returned.lost - counted.points)::bigint
    FROM (
        SELECT u.*, %s::timestamptz AS now
        FROM unnest(%s::bigint[], %s::date[]) AS u (subscriber_id, month)
    ) v
    CROSS JOIN LATERAL (
        SELECT coalesce(sum({_LOST}), 0) AS lost
        FROM loyalty_payout p
        JOIN loyalty_instalment i ON i.subscriber_id = p.subscriber_id AND i.payout_id = p.id
        JOIN loyalty_lot l ON l.subscriber_id = i.subscriber_id AND l.number = i.lot
        WHERE p.subscriber_id = v.subscriber_id AND p.month = v.month
            AND p.kind = 'cap_excess'
    ) given
    CROSS JOIN LATERAL (
        SELECT coalesce(sum({_LOST}), 0) AS lost
        FROM loyalty_payout p
        JOIN ({_HEIRS}) l ON l.cause_type = 'payout' AND l.cause_id = p.id::text
        WHERE p.subscriber_id = v.subscriber_id AND p.month = v.month
            AND p.kind = 'cap_excess'
    ) returned
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(greatest(0, c.used - c.lost)), 0) AS points
        FROM (
            SELECT (
                    SELECT coalesce(sum(r.points_lapsed), 0) FROM loyalty_refund r
                    WHERE r.subscriber_id = v.subscriber_id AND r.charge_id = v.charge_id
                        AND r.status = 'applied'
                ) AS used,
                coalesce((
                    SELECT {_LOST} FROM loyalty_lot l
                    WHERE l.subscriber_id = v.subscriber_id AND l.number = v.lot
                ), 0) + {_LOST_BY_HEIRS} AS lost
            FROM (
                SELECT c.subscriber_id, c.charge_id, c.lot, v.now FROM loyalty_charge c
                WHERE c.subscriber_id = v.subscriber_id AND c.month = v.month
                    AND c.points_cleared > 0
            ) v
        ) c
    ) counted
"""  # noqa: S608

# Instalments of one payout are told apart by their days.
_SWEPT_PARTS = f"""
    SELECT v.subscriber_id, v.payout_id, v.number, (coalesce((
            SELECT {_SWEPT_OF_LOT} FROM loyalty_lot l
            WHERE l.subscriber_id = v.subscriber_id AND l.number = v.lot
        ), 0) + (
            SELECT coalesce(sum({_LOST}), 0) FROM ({_HEIRS}) l
            WHERE l.cause_type = 'payout' AND l.cause_id = v.payout_id::text
                AND l.occurred_at = v.occurred_at
        ))::bigint
    FROM (
        SELECT u.*, %s::timestamptz AS now
        FROM unnest(%s::bigint[], %s::uuid[], %s::int[], %s::int[], %s::timestamptz[])
            AS u (subscriber_id, payout_id, number, lot, occurred_at)
    ) v
"""  # noqa: S608

_BENEFITS = """
    SELECT subscriber_id, month, benefit_minor FROM loyalty_subscribermonth
    WHERE subscriber_id = ANY(%s::bigint[]) AND month >= %s AND month < %s
"""

_TIERS = """
    SELECT subscriber_id, starts_at, tier FROM loyalty_tierchange
    WHERE subscriber_id = ANY(%s::bigint[])
"""

_ENTRIES = f"""
    SELECT {", ".join(f"e.{name}" for name in Entry._fields)}
    FROM unnest(%s::bigint[], %s::int[]) AS v (subscriber_id, number)
    JOIN loyalty_entry e USING (subscriber_id, number)
"""  # noqa: S608

_DRAWS = """
    SELECT d.subscriber_id, d.entry, d.lot, d.points
    FROM unnest(%s::bigint[], %s::int[]) AS v (subscriber_id, entry)
    JOIN loyalty_lotdraw d USING (subscriber_id, entry)
    ORDER BY d.subscriber_id, d.entry, d.lot
"""

Key = tuple[int, str]


def kept_charges(keys: Sequence[Key]) -> dict[Key, KeptCharge]:
    """Those of these charges that were posted before, by (subscriber, charge id)."""
    rows = map(KeptCharge._make, fetch(_CHARGES, *_columns(keys, 2)))
    return {(row.subscriber_id, row.charge_id): row for row in rows}


def ask_for_charges(keys: Sequence[tuple[str, str]]) -> LedgerCursor:
    """Ask for those of these charges, by (external id, charge id), that were posted before."""
    return ask(_CHARGES_OF, *_columns(keys, 2))


def answered_charges(answer: LedgerCursor) -> dict[Key, KeptCharge]:
    """What `ask_for_charges` found, by (subscriber, charge id)."""
    rows = map(KeptCharge._make, answer.fetchall())
    return {(row.subscriber_id, row.charge_id): row for row in rows}


def kept_refunds(keys: Sequence[Key]) -> dict[Key, KeptRefund]:
    """Those of these refunds that were received before, by (subscriber, refund id)."""
    rows = map(KeptRefund._make, fetch(_REFUNDS, *_columns(keys, 2)))
    return {(row.subscriber_id, row.refund_id): row for row in rows}


def waiting_refunds(keys: Sequence[Key]) -> dict[Key, list[KeptRefund]]:
    """Refunds that came before these charges, in the order in which they came."""
    found: dict[Key, list[KeptRefund]] = {}
    for row in map(KeptRefund._make, fetch(_WAITING_REFUNDS, *_columns(keys, 2))):
        found.setdefault((row.subscriber_id, row.charge_id), []).append(row)
    return found


def lots_of(
    subscriber_ids: Sequence[int], also: Iterable[tuple[int, int]] = ()
) -> dict[int, list[Lot]]:
    """Per subscriber, the lots with points left and `also` those of these numbers."""
    rows = fetch(_LOTS, list(subscriber_ids), *_columns(list(also), 2))
    return _by_subscriber(rows)


def lots_due(subscriber_ids: Sequence[int], now: datetime) -> dict[int, list[Lot]]:
    """Per subscriber, the lots that have lapsed with points left."""
    return _by_subscriber(fetch(_DUE_LOTS, list(subscriber_ids), now))


def swept_points(
    keys: Sequence[tuple[int, str, int | None]], now: datetime
) -> dict[Key, tuple[int, int]]:
    """Per charge: what its lots lost unspent, and how much of it refunds have counted."""
    rows = fetch(_SWEPT, now, *_columns(keys, 3))
    return {(subscriber, charge): (swept, used) for subscriber, charge, swept, used in rows}


def lost_excesses(keys: Sequence[tuple[int, date]], now: datetime) -> dict[tuple[int, date], int]:
    """What cleared excesses lost unspent and no refund has counted, by (subscriber, month)."""
    rows = fetch(_LOST_EXCESS, now, *_columns(keys, 2))
    return {(subscriber, month): points for subscriber, month, points in rows}


def swept_parts(
    keys: Sequence[tuple[int, UUID, int, int | None, datetime]], now: datetime
) -> dict[tuple[UUID, int], int]:
    """What instalments lost unspent, by (payout, number).

    Args:
        keys: subscriber, payout, number, the lot that it opened, and the start of its day.
    """
    rows = fetch(_SWEPT_PARTS, now, *_columns(keys, 5)) if keys else ()
    return {(payout, number): points for _, payout, number, points in rows}


def benefits_by_month(
    subscriber_ids: Sequence[int], months: Iterable[date]
) -> dict[int, dict[date, int]]:
    """Kopecks of benefits per subscriber and month, over the calendar years of `months`."""
    years = [month.year for month in months]
    rows = fetch(
        _BENEFITS,
        list(subscriber_ids),
        date(min(years), 1, 1),
        date(max(years) + 1, 1, 1),
    )
    found: dict[int, dict[date, int]] = {subscriber: {} for subscriber in subscriber_ids}
    for subscriber_id, month, benefit_minor in rows:
        found[subscriber_id][month] = benefit_minor
    return found


def tier_starts(subscriber_ids: Sequence[int]) -> dict[int, list[TierStart]]:
    """The history of these subscribers' tiers."""
    found: dict[int, list[TierStart]] = {subscriber: [] for subscriber in subscriber_ids}
    for subscriber_id, starts_at, tier in fetch(_TIERS, list(subscriber_ids)):
        found[subscriber_id].append(TierStart(starts_at, tier))
    return found


def entries_numbered(keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Entries by (subscriber, number)."""
    rows = map(Entry._make, fetch(_ENTRIES, *_columns(keys, 2)))
    return {(row.subscriber_id, row.number): row for row in rows}


def draws_of(keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Draw]]:
    """What these entries took from lots, by (subscriber, entry)."""
    found: dict[tuple[int, int], list[Draw]] = {key: [] for key in keys}
    for row in map(Draw._make, fetch(_DRAWS, *_columns(keys, 2))):
        found[row.subscriber_id, row.entry].append(row)
    return found


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]


def _by_subscriber(
    rows: Iterable[tuple[int, int, int, int, datetime]],
) -> dict[int, list[Lot]]:
    found: dict[int, list[Lot]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Lot(*row))
    return found
