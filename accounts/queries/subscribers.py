"""Who a subscriber is, and whether they stayed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.models import Subscriber
from kernel.arrays import literal
from kernel.refusals import NotFound


class NoSuchSubscriber(NotFound):
    code = "unknown_subscriber"
    title = "Billing has not reported this subscriber yet."


class Window(NamedTuple):
    """A stretch of time in a subscriber's life, from `starts_at` until before `ends_at`."""

    subscriber_id: int
    starts_at: datetime
    ends_at: datetime


_COVERED = """
    SELECT v.place
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, starts_at, ends_at)
    JOIN accounts_statusperiod p ON p.subscriber_id = v.subscriber_id
        AND p.status = 'active' AND p.starts_at <= v.starts_at
        AND (p.ends_at IS NULL OR p.ends_at >= v.ends_at)
"""

_STATUSES = """
    SELECT v.place, p.status
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS v (place, subscriber_id, at)
    JOIN accounts_statusperiod p ON p.subscriber_id = v.subscriber_id
        AND p.starts_at <= v.at AND (p.ends_at IS NULL OR p.ends_at > v.at)
"""


def subscriber_called(external_id: str) -> Subscriber:
    """The subscriber with this id.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    found = Subscriber.objects.select_related("msisdn").filter(external_id=external_id).first()
    if found is None:
        raise NoSuchSubscriber
    return found


def stayed_without_gap(windows: Sequence[Window]) -> list[bool]:
    """Whether each subscriber was active throughout their window.

    Adjoining periods of one status are one period, so that a window is covered by one or by none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COVERED,
            [
                list(range(len(windows))),
                [window.subscriber_id for window in windows],
                [window.starts_at for window in windows],
                [window.ends_at for window in windows],
            ],
        )
        covered = {row[0] for row in cursor.fetchall()}
    return [place in covered for place in range(len(windows))]


def statuses_at(moments: Sequence[tuple[int, datetime]]) -> list[str | None]:
    """The status of each (subscriber, moment); None before the activation."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STATUSES,
            [
                literal(range(len(moments))),
                literal([subscriber for subscriber, _ in moments]),
                literal([at for _, at in moments]),
            ],
        )
        found = dict(cursor.fetchall())
    return [found.get(place) for place in range(len(moments))]
