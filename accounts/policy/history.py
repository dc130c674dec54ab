"""A subscriber's history of status: half-open periods without gaps, from activation on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"
STATUSES = (ACTIVE, SUSPENDED, CLOSED)


class StatusBeforeActivation(Refusal):
    code = "status_before_activation"
    title = "A status can't begin before the subscriber was activated."


class StatusInTheFuture(Refusal):
    code = "status_in_the_future"
    title = "A status, an activation or a closing can't lie in the future."


class ClosingDatesDiffer(Refusal):
    code = "closing_dates_differ"
    title = "closed_at goes with the status closed and means the same moment as status_since."


@dataclass(frozen=True, slots=True)
class Period:
    """A status from `starts_at` until before `ends_at`, or until further notice."""

    status: str
    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What billing says of a subscriber's status."""

    status: str
    activated_at: datetime
    status_since: datetime | None = None
    closed_at: datetime | None = None


def refusal_for_report(report: StatusReport, now: datetime) -> Refusal | None:
    """Why a report can't be true, or None."""
    moments = (report.activated_at, report.status_since, report.closed_at)
    if any(at is not None and at > now + CLOCK_SKEW for at in moments):
        return StatusInTheFuture()
    if report.closed_at is not None and not _is_closing_at(report, report.closed_at):
        return ClosingDatesDiffer()
    since = report.status_since or report.closed_at
    if since is not None and since < report.activated_at:
        return StatusBeforeActivation()
    return None


def _is_closing_at(report: StatusReport, closed_at: datetime) -> bool:
    return report.status == CLOSED and report.status_since in (None, closed_at)


def history_after(
    history: Sequence[Period], report: StatusReport, now: datetime
) -> tuple[Period, ...]:
    """The history once a report is believed.

    A date earlier than the recorded one corrects the history from there on. Where no date is
    given, a status that is already in force goes on: an omitted date never erases a gap that
    was reported before.
    """
    if not history:
        history = (Period(ACTIVE, report.activated_at),)
    history = _starting_at(history, report)
    since = report.status_since or report.closed_at
    current = history[-1]
    if since is None:
        if current.status == report.status:
            return tuple(history)
        # A new subscriber's first report has no other beginning than the activation; the
        # clocks of two machines may differ, so that `now` can lie before it.
        return _from(history, report.status, max(now, report.activated_at))
    return _from(history, report.status, since)


def left_before(history: Sequence[Period], activated_at: datetime) -> datetime | None:
    """When the subscriber last left before an activation: what ended an earlier life."""
    closings = [p.starts_at for p in history if p.status == CLOSED and p.starts_at < activated_at]
    return max(closings, default=None)


def covers(history: Sequence[Period], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the subscriber was active without a gap in [starts_at, ends_at)."""
    return any(
        period.status == ACTIVE
        and period.starts_at <= starts_at
        and (period.ends_at is None or period.ends_at >= ends_at)
        for period in history
    )


def _starting_at(history: Sequence[Period], report: StatusReport) -> tuple[Period, ...]:
    """The history from an activation on, which may be another one than before."""
    activated_at = report.activated_at
    first, *rest = (p for p in history if p.ends_at is None or p.ends_at > activated_at)
    if first.starts_at == activated_at:
        return (first, *rest)
    if first.starts_at > activated_at and first.status != ACTIVE:
        # Whoever is activated is active until something else is reported.
        return (Period(ACTIVE, activated_at, first.starts_at), first, *rest)
    status = first.status
    if status == CLOSED and (rest or report.status != CLOSED):
        # Activated again after a closing: what was before belongs to another life.
        status = ACTIVE
    if rest and rest[0].status == status:
        first = rest.pop(0)
    return (Period(status, activated_at, first.ends_at), *rest)


def _until(history: Sequence[Period], since: datetime) -> list[Period]:
    return [
        Period(p.status, p.starts_at, min(p.ends_at or since, since))
        for p in history
        if p.starts_at < since
    ]


def _reopened(history: Sequence[Period]) -> tuple[Period, ...]:
    """The history without the closing at its end, to which a later date was given."""
    if len(history) == 1:
        return (Period(ACTIVE, history[0].starts_at),)
    previous = history[-2]
    return (*history[:-2], Period(previous.status, previous.starts_at))


def _from(history: Sequence[Period], status: str, since: datetime) -> tuple[Period, ...]:
    before = _until(history, since)
    if before and before[-1].status == status:
        if status == CLOSED:
            before = _until(_reopened(before), since)
        else:
            since = before.pop().starts_at
    return (*before, Period(status, since))
