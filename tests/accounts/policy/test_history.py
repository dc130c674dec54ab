"""A history of status has no gaps, and what is not said never erases what was."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.history import (
    ACTIVE,
    CLOSED,
    STATUSES,
    SUSPENDED,
    ClosingDatesDiffer,
    Period,
    StatusBeforeActivation,
    StatusInTheFuture,
    StatusReport,
    covers,
    history_after,
    refusal_for_report,
)
from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


NOW = day(100)
SECOND = timedelta(seconds=1)


def said(status: str, since: int | None = None, *, activated: int = 0) -> StatusReport:
    closed_at = day(since) if status == CLOSED and since is not None else None
    status_since = day(since) if status != CLOSED and since is not None else None
    return StatusReport(status, day(activated), status_since, closed_at)


def after(*reports: tuple[StatusReport, int]) -> list[tuple[str, int, int | None]]:
    """The history after reports, each with the day on which it came."""
    history: tuple[Period, ...] = ()
    for report, came_on in reports:
        history = history_after(history, report, day(came_on))
    beginning = day(0)
    return [
        (
            p.status,
            (p.starts_at - beginning).days,
            None if p.ends_at is None else (p.ends_at - beginning).days,
        )
        for p in history
    ]


@pytest.mark.parametrize(
    ("reports", "history"),
    [
        # A first report goes back to the activation.
        ([(said(ACTIVE), 5)], [(ACTIVE, 0, None)]),
        ([(said(SUSPENDED, 3), 5)], [(ACTIVE, 0, 3), (SUSPENDED, 3, None)]),
        ([(said(SUSPENDED), 5)], [(ACTIVE, 0, 5), (SUSPENDED, 5, None)]),
        ([(said(CLOSED, 4), 5)], [(ACTIVE, 0, 4), (CLOSED, 4, None)]),
        ([(said(CLOSED, 0), 5)], [(CLOSED, 0, None)]),
        # What goes on is said again.
        ([(said(ACTIVE), 5), (said(ACTIVE), 9)], [(ACTIVE, 0, None)]),
        (
            [(said(SUSPENDED, 3), 5), (said(SUSPENDED), 9)],
            [(ACTIVE, 0, 3), (SUSPENDED, 3, None)],
        ),
        # A change without a date is dated by its coming: it never erases the gap before it.
        (
            [(said(SUSPENDED, 3), 5), (said(ACTIVE), 9)],
            [(ACTIVE, 0, 3), (SUSPENDED, 3, 9), (ACTIVE, 9, None)],
        ),
        (
            [(said(CLOSED, 3), 5), (said(ACTIVE), 9), (said(ACTIVE), 12)],
            [(ACTIVE, 0, 3), (CLOSED, 3, 9), (ACTIVE, 9, None)],
        ),
        # A change with a date begins there.
        (
            [(said(SUSPENDED, 3), 5), (said(ACTIVE, 7), 9)],
            [(ACTIVE, 0, 3), (SUSPENDED, 3, 7), (ACTIVE, 7, None)],
        ),
        # An earlier date corrects the history from there on.
        (
            [(said(SUSPENDED, 8), 9), (said(SUSPENDED, 3), 10)],
            [(ACTIVE, 0, 3), (SUSPENDED, 3, None)],
        ),
        ([(said(SUSPENDED, 3), 5), (said(ACTIVE, 3), 9)], [(ACTIVE, 0, None)]),
        ([(said(SUSPENDED, 3), 5), (said(ACTIVE, 0), 9)], [(ACTIVE, 0, None)]),
        (
            [(said(SUSPENDED, 3), 5), (said(CLOSED, 7), 9), (said(SUSPENDED, 3), 10)],
            [(ACTIVE, 0, 3), (SUSPENDED, 3, None)],
        ),
        # A closing can be corrected to earlier and to later.
        ([(said(CLOSED, 5), 9), (said(CLOSED, 3), 9)], [(ACTIVE, 0, 3), (CLOSED, 3, None)]),
        ([(said(CLOSED, 3), 9), (said(CLOSED, 5), 9)], [(ACTIVE, 0, 5), (CLOSED, 5, None)]),
        ([(said(CLOSED, 3), 9), (said(CLOSED), 12)], [(ACTIVE, 0, 3), (CLOSED, 3, None)]),
        (
            [(said(SUSPENDED, 2), 3), (said(CLOSED, 4), 9), (said(CLOSED, 6), 9)],
            [(ACTIVE, 0, 2), (SUSPENDED, 2, 6), (CLOSED, 6, None)],
        ),
        ([(said(CLOSED, 0), 9), (said(CLOSED, 5), 9)], [(ACTIVE, 0, 5), (CLOSED, 5, None)]),
        # An activation can be corrected too.
        ([(said(ACTIVE, activated=4), 5), (said(ACTIVE), 9)], [(ACTIVE, 0, None)]),
        (
            [(said(SUSPENDED, 6), 7), (said(SUSPENDED, activated=2), 9)],
            [(ACTIVE, 2, 6), (SUSPENDED, 6, None)],
        ),
        (
            [(said(SUSPENDED, 6, activated=6), 7), (said(SUSPENDED, activated=2), 9)],
            [(ACTIVE, 2, 6), (SUSPENDED, 6, None)],
        ),
        # Whoever is activated again after closing is active from then on.
        (
            [(said(CLOSED, 3), 5), (said(ACTIVE, activated=7), 9)],
            [(ACTIVE, 7, None)],
        ),
    ],
)
def test_a_history_after_reports(
    reports: list[tuple[StatusReport, int]], history: list[tuple[str, int, int | None]]
) -> None:
    assert after(*reports) == history


REPORTS = st.builds(
    lambda status, activated, since, dated: said(
        status, max(since, activated) if dated else None, activated=activated
    ),
    st.sampled_from(STATUSES),
    st.sampled_from([0, 0, 0, 5, 20]),
    st.integers(0, 60),
    st.booleans(),
)


@given(reports=st.lists(REPORTS, min_size=1, max_size=8))
def test_periods_are_half_open_and_leave_no_gap(reports: list[StatusReport]) -> None:
    history: tuple[Period, ...] = ()
    for place, report in enumerate(reports):
        now = day(61 + place)
        assert refusal_for_report(report, now) is None
        history = history_after(history, report, now)
        assert history[0].starts_at == report.activated_at
        assert history[-1].ends_at is None
        assert history[-1].status == report.status
        for earlier, later in pairwise(history):
            assert earlier.ends_at == later.starts_at > earlier.starts_at
            assert earlier.status != later.status


@given(reports=st.lists(REPORTS, min_size=1, max_size=8))
def test_the_same_report_again_changes_nothing(reports: list[StatusReport]) -> None:
    history: tuple[Period, ...] = ()
    for place, report in enumerate(reports):
        history = history_after(history, report, day(61 + place))
        assert history_after(history, report, day(90 + place)) == history


@pytest.mark.parametrize(
    ("starts", "ends", "covered"),
    [
        (0, 3, True),
        (0, 4, False),
        (2, 3, True),
        (3, 4, False),
        (5, 9, True),
        (4, 9, False),
        (1, 8, False),
    ],
)
def test_whoever_stayed_was_active_in_all_of_the_window(
    starts: int, ends: int, covered: bool
) -> None:
    history = [
        Period(ACTIVE, day(0), day(3)),
        Period(SUSPENDED, day(3), day(5)),
        Period(ACTIVE, day(5)),
    ]
    assert covers(history, day(starts), day(ends)) is covered


@pytest.mark.parametrize(
    ("report", "refusal"),
    [
        (StatusReport(ACTIVE, NOW), None),
        (StatusReport(ACTIVE, NOW + CLOCK_SKEW), None),
        (StatusReport(ACTIVE, NOW + CLOCK_SKEW + SECOND), StatusInTheFuture),
        (StatusReport(ACTIVE, day(0), NOW + CLOCK_SKEW + SECOND), StatusInTheFuture),
        (StatusReport(CLOSED, day(0), None, NOW + CLOCK_SKEW + SECOND), StatusInTheFuture),
        (StatusReport(SUSPENDED, day(3), day(3)), None),
        (StatusReport(SUSPENDED, day(3), day(3) - SECOND), StatusBeforeActivation),
        (StatusReport(CLOSED, day(3), None, day(3) - SECOND), StatusBeforeActivation),
        (StatusReport(CLOSED, day(3), day(5), day(5)), None),
        (StatusReport(CLOSED, day(3), day(5)), None),
        (StatusReport(CLOSED, day(3), day(5), day(6)), ClosingDatesDiffer),
        (StatusReport(ACTIVE, day(3), None, day(6)), ClosingDatesDiffer),
    ],
)
def test_a_report_is_refused_if_it_cannot_be_true(
    report: StatusReport, refusal: type[Refusal] | None
) -> None:
    found = refusal_for_report(report, NOW)
    assert (type(found) if found else None) is refusal
