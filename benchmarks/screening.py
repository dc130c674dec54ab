"""Screening benefits: by the page, one alone, on a larger history, behind one address."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from uuid import uuid4

import psycopg
from django.db import connection

from benchmarks.figures import Bench, Figure, say, seconds_of
from benchmarks.population import NOW, plain_connection, populate, settle, statement
from benchmarks.sizes import sizes
from fraud.operations.screen import screen
from loyalty.policy.gate import Subject

# As many as `screen_payouts` takes in a transaction.
_PAGE = 1_000
_AIM_PER_SECOND = 2_000
_FILL_AT_ONCE = 25_000
_SINGLES = 200
_BONUS_MINOR = 30_000


def screening() -> list[Figure]:
    """`screen` over bonuses of referrals: on a history, and on one ten times larger."""
    items = sizes().screen_items
    with plain_connection() as plain:
        # Of four subscribers three are invitees, each a bonus of the one who invited them.
        filled = _fill(plain, 0, 2 * items)
        small = _rate(plain, items)
        alone = _milliseconds_alone()
        behind_one_ip = filled
        _fill(plain, filled, 20 * items - filled)
        large = _rate(plain, items)
    figure = Figure(
        name="screen",
        rate=small,
        floor_rate=_AIM_PER_SECOND,
        ratio=small / _AIM_PER_SECOND,
        unit="payouts/s",
        aim=1.0,
    )
    extra = {
        "one_redemption_ms": alone,
        "rate_on_ten_times_more": large,
        "time_on_ten_times_more": small / large,
        "behind_one_ip_small": behind_one_ip,
        "behind_one_ip_large": 20 * items,
    }
    return [replace(figure, extra=extra)]


def _fill(plain: "psycopg.Connection[tuple[int]]", filled: int, more: int) -> int:
    """Subscribers with twenty charges each, numbered on; how many there are then."""
    for first in range(filled + 1, filled + more + 1, _FILL_AT_ONCE):
        last = min(first + _FILL_AT_ONCE - 1, filled + more)
        populate(plain, last - first + 1, first)
        plain.execute(statement("history"), {"first": first, "last": last})
        with plain.transaction():
            plain.execute(statement("screening"), {"first": first, "last": last})
        say(f"  screen: {last:,} subscribers made")
    settle(plain)
    return filled + more


def _rate(plain: "psycopg.Connection[tuple[int]]", items: int) -> float:
    """Payouts per second, the median over turns; the first turn is not counted.

    It fills tables that were empty: what is checked on each insert was planned for that, and
    is planned again after the ANALYZE.
    """
    taken: list[float] = []
    for turn in range(sizes().screen_turns + 1):
        if turn == 1:
            settle(plain)
        pages = [_subjects(first) for first in range(0, items, _PAGE)]
        taken.append(seconds_of(partial(_screen_all, pages)))
        say(f"  screen {turn}/{sizes().screen_turns}  {items / taken[-1]:>10,.0f} payouts/s")
    return items / median(taken[1:])


def _screen_all(pages: Sequence[Sequence[Subject]]) -> None:
    for page in pages:
        screen(subjects=page, now=NOW)


def _subjects(first: int) -> list[Subject]:
    """The bonuses of a page of referrals, as payouts that nobody has screened yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT referral_id, inviter_id, invitee_id FROM referrals_referral"
            " ORDER BY id OFFSET %s LIMIT %s",
            [first, _PAGE],
        )
        found = cursor.fetchall()
    return [
        Subject("payout", str(uuid4()), inviter, "referral_bonus", _BONUS_MINOR, referral, invitee)
        for referral, inviter, invitee in found
    ]


def _milliseconds_alone() -> float:
    """What screening one redemption takes, its commit among it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_subscriber ORDER BY id LIMIT %s", [_SINGLES])
        ids = [key for (key,) in cursor.fetchall()]
    taken = [seconds_of(partial(_screen_one, key)) for key in ids]
    return 1_000 * median(taken[_SINGLES // 10 :])


def _screen_one(subscriber_id: int) -> None:
    subject = Subject("redemption", str(uuid4()), subscriber_id, "bill_credit", _BONUS_MINOR)
    screen(subjects=[subject], now=NOW)


SCREEN = Bench(
    "payouts screened and kept, 1,000 a transaction; all subscribers behind one IP address too",
    "the aim itself, 2,000 a second",
    screening,
)
