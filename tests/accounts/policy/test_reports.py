"""Which of several reports count."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.policy.history import StatusInTheFuture
from accounts.policy.reports import (
    ReportedInTheFuture,
    StaleReport,
    moments_after,
    refusal_for_moment,
)
from kernel.moments import CLOCK_SKEW

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("reported_at", "is_refused"),
    [
        (None, False),
        (NOW - HOUR, False),
        (NOW + CLOCK_SKEW, False),
        (NOW + CLOCK_SKEW + timedelta(microseconds=1), True),
    ],
)
def test_a_report_is_not_made_in_the_future(reported_at: datetime | None, is_refused: bool) -> None:
    refusal = refusal_for_moment(reported_at, NOW)
    assert isinstance(refusal, ReportedInTheFuture) is is_refused


@pytest.mark.parametrize(
    ("latest", "reported", "stale", "moment"),
    [
        (None, [None], [], NOW),
        (None, [NOW - HOUR], [], NOW - HOUR),
        (NOW, [NOW - HOUR], [0], NOW),
        (NOW, [NOW], [], NOW),
        (NOW - HOUR, [None], [], NOW),
        # Without a moment a report is never late, the clock of whoever gave one may be fast.
        (NOW + CLOCK_SKEW, [None], [], NOW + CLOCK_SKEW),
        (None, [NOW, NOW - HOUR, NOW - 2 * HOUR], [1, 2], NOW),
        (None, [NOW - 2 * HOUR, NOW, NOW - HOUR], [2], NOW),
        (NOW - HOUR, [NOW - 2 * HOUR, NOW], [0], NOW),
        (None, [NOW - HOUR, None, NOW - HOUR], [2], NOW),
    ],
)
def test_later_reports_count_and_earlier_ones_do_not(
    latest: datetime | None,
    reported: list[datetime | None],
    stale: list[int],
    moment: datetime,
) -> None:
    known = {"s": latest} if latest is not None else {}
    reports = [("s", at) for at in reported]
    moments, refusals = moments_after(reports, [None] * len(reports), known, NOW)
    assert [place for place, each in enumerate(refusals) if each is not None] == stale
    assert all(each is None or type(each) is StaleReport for each in refusals)
    assert moments == {"s": moment}


def test_a_report_that_is_refused_moves_nothing() -> None:
    refusal = StatusInTheFuture()
    moments, refusals = moments_after(
        [("s", NOW), ("s", NOW - HOUR), ("t", NOW)], [refusal, None, None], {}, NOW
    )
    assert refusals == [refusal, None, None]
    assert moments == {"s": NOW - HOUR, "t": NOW}


def test_says_the_moment_of_the_newer_one() -> None:
    _, [refusal] = moments_after([("s", NOW - HOUR)], [None], {"s": NOW}, NOW)
    assert refusal is not None
    assert refusal.detail == "The newest report is of 2026-03-17T09:00:00Z."
    assert refusal.facts == {"reported_at": "2026-03-17T09:00:00Z"}
