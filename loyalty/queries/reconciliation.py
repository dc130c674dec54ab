"""What the program keeps of what billing keeps too: totals by day, and items that differ."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction

from kernel.moments import start_of_day
from loyalty.policy.reconciliation import Heading, Item, ItemDifference, Total
from loyalty.queries.terms import program_zone

# Every item of ours that falls into [%(since)s, %(until)s): the tables are narrowed by the moment
# as it is indexed (`AtUtc`), for which block ranges are enough, because items come about in the
# order of their time.
_OURS = """
    SELECT 'charge' AS record, subscriber_id, charge_id AS item_id, kind, amount_minor,
        occurred_at AS at
    FROM loyalty_charge
    WHERE occurred_at AT TIME ZONE 'UTC' >= %(since)s::timestamptz AT TIME ZONE 'UTC'
        AND occurred_at AT TIME ZONE 'UTC' < %(until)s::timestamptz AT TIME ZONE 'UTC'
    UNION ALL
    SELECT 'refund', subscriber_id, refund_id, reason, amount_minor, occurred_at
    FROM loyalty_refund
    WHERE occurred_at AT TIME ZONE 'UTC' >= %(since)s::timestamptz AT TIME ZONE 'UTC'
        AND occurred_at AT TIME ZONE 'UTC' < %(until)s::timestamptz AT TIME ZONE 'UTC'
    UNION ALL
    SELECT 'refund_reversal', subscriber_id, refund_id, reason, amount_minor, reversal_occurred_at
    FROM loyalty_refund
    WHERE status = 'reversed'
        AND reversal_occurred_at >= %(since)s AND reversal_occurred_at < %(until)s
    UNION ALL
    SELECT 'redemption', subscriber_id, redemption_id, reward, value_minor, reserved_at
    FROM loyalty_redemption
    WHERE reserved_at AT TIME ZONE 'UTC' >= %(since)s::timestamptz AT TIME ZONE 'UTC'
        AND reserved_at AT TIME ZONE 'UTC' < %(until)s::timestamptz AT TIME ZONE 'UTC'
    UNION ALL
    SELECT 'credit', subscriber_id, redemption_id, reward, value_minor, settled_at
    FROM loyalty_redemption WHERE settled_at >= %(since)s AND settled_at < %(until)s
    UNION ALL
    SELECT 'reversal', subscriber_id, redemption_id, reward, value_minor, returned_at
    FROM loyalty_redemption
    WHERE status = 'reversed' AND returned_at >= %(since)s AND returned_at < %(until)s
"""

_TOTALS = f"""
    SELECT (o.at AT TIME ZONE %(zone)s)::date AS day, o.record, o.kind,
        count(*), sum(o.amount_minor)::bigint
    FROM ({_OURS}) o
    GROUP BY day, o.record, o.kind ORDER BY day, o.record, o.kind
"""  # noqa: S608 (our own words)

_STAGE = """
    CREATE TEMPORARY TABLE billing_item (
        record text, subscriber_id text, item_id text, day date, kind text, amount_minor bigint
    ) ON COMMIT DROP
"""
_COPY = "COPY billing_item (record, subscriber_id, item_id, day, kind, amount_minor) FROM STDIN"
_REPEATED = """
    SELECT record, subscriber_id, item_id FROM billing_item
    GROUP BY record, subscriber_id, item_id HAVING count(*) > 1 ORDER BY 1, 2, 3 LIMIT 1
"""
_BOTH = f"""
    FROM (
        SELECT o.record, s.external_id, o.item_id, o.kind, o.amount_minor,
            (o.at AT TIME ZONE %(zone)s)::date AS day
        FROM ({_OURS}) o JOIN accounts_subscriber s ON s.id = o.subscriber_id
        WHERE o.record = ANY(%(records)s)
    ) o
    FULL JOIN billing_item b ON b.record = o.record AND b.subscriber_id = o.external_id
        AND b.item_id = o.item_id
"""  # noqa: S608 (our own words)
_COLUMNS = """
    o.record, o.external_id, o.item_id, o.day, o.kind, o.amount_minor,
    b.record, b.subscriber_id, b.item_id, b.day, b.kind, b.amount_minor
"""
_DIFFERENCES = f"""
    SELECT {_COLUMNS} {_BOTH}
    WHERE (o.day, o.kind, o.amount_minor) IS DISTINCT FROM (b.day, b.kind, b.amount_minor)
    ORDER BY coalesce(o.day, b.day), coalesce(o.record, b.record),
        coalesce(o.external_id, b.subscriber_id), coalesce(o.item_id, b.item_id)
"""  # noqa: S608 (our own words)
# Ids are unique per subscriber, so that one may stand under several: rightly, or because an item
# was sent under the wrong one.
_SHARED = f"""
    SELECT u_record, u_subscriber, u_item, u_day, u_kind, u_amount,
        t_record, t_subscriber, t_item, t_day, t_kind, t_amount
    FROM (
        SELECT {_COLUMNS},
            min(coalesce(o.external_id, b.subscriber_id)) OVER same AS first,
            max(coalesce(o.external_id, b.subscriber_id)) OVER same AS last
        {_BOTH}
        WINDOW same AS (
            PARTITION BY coalesce(o.record, b.record), coalesce(o.item_id, b.item_id)
        )
    ) AS kept (
        u_record, u_subscriber, u_item, u_day, u_kind, u_amount,
        t_record, t_subscriber, t_item, t_day, t_kind, t_amount, first, last
    )
    WHERE first <> last
    ORDER BY coalesce(u_record, t_record), coalesce(u_item, t_item),
        coalesce(u_subscriber, t_subscriber)
"""  # noqa: S608 (our own words)
_AT_ONCE = 2_000


class Period(NamedTuple):
    """Days of the program's zone; `until` is not one of them."""

    since: date
    until: date


class RepeatedItem(ValueError):
    """The other side's file tells of one item twice."""

    def __init__(self, record: str, subscriber_id: str, item_id: str) -> None:
        super().__init__(f"{record} {item_id} of {subscriber_id} comes twice")


def totals_by_day(period: Period) -> dict[Heading, Total]:
    """Counts and sums of what is kept, by day, record and kind."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, _bounds(period))
        return {
            Heading(day, record, kind): Total(count, amount)
            for day, record, kind, count, amount in cursor.fetchall()
        }


def item_differences(
    period: Period, *, records: Iterable[str], theirs: Iterable[Item]
) -> Iterator[ItemDifference]:
    """Items that one side lacks, or that both keep differently, in the order of days.

    After them come all items whose id stands under several subscribers, on one side or across
    both; each says so.

    The other side's items go into a temporary table as they come, so that files of any size are
    compared in constant memory.

    Args:
        records: what the other side tells of; the rest of ours is left out.
        theirs: one per record, subscriber and id, all within the period.

    Raises:
        RepeatedItem: an item comes twice.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            for item in theirs:
                copy.write_row(
                    (item.record, item.subscriber_id, item.item_id, item.day, item.kind,
                     item.amount_minor)
                )  # fmt: skip
        cursor.execute("ANALYZE billing_item")
        cursor.execute(_REPEATED)
        if (repeated := cursor.fetchone()) is not None:
            raise RepeatedItem(*repeated)
        asked = {**_bounds(period), "records": list(records)}
        for sql, shares_id in ((_DIFFERENCES, False), (_SHARED, True)):
            with connection.chunked_cursor() as found:
                found.execute(sql, asked)
                while rows := found.fetchmany(_AT_ONCE):
                    for row in rows:
                        yield ItemDifference(_item(*row[:6]), _item(*row[6:]), shares_id)
        cursor.execute("DROP TABLE billing_item")


def _item(
    record: str | None, subscriber_id: str, item_id: str, day: date, kind: str, amount_minor: int
) -> Item | None:
    return Item(record, subscriber_id, item_id, day, kind, amount_minor) if record else None


def _bounds(period: Period) -> dict[str, Any]:
    zone = program_zone()
    return {
        "since": start_of_day(period.since, zone),
        "until": start_of_day(period.until, zone),
        "zone": zone.key,
    }
