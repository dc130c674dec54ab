"""The order of billing's reports: an older one changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal, Superseded


class StaleReport(Superseded):
    code = "stale_report"
    title = "A newer report of this subscriber is known already; this one changed nothing."


class ReportedInTheFuture(Refusal):
    code = "reported_in_the_future"
    title = "A report can't be made in the future."


def refusal_for_moment(reported_at: datetime | None, now: datetime) -> Refusal | None:
    """Why a report can't be of this moment, or None."""
    if reported_at is not None and reported_at > now + CLOCK_SKEW:
        return ReportedInTheFuture()
    return None


def refusal_for_age(reported_at: datetime | None, latest: datetime | None) -> Refusal | None:
    """Why a report comes too late, or None.

    A report without a moment is as of now, and never late. Of two reports of one moment the one
    received later counts: billing may well report twice within a second.

    Args:
        latest: the moment of the newest report that was taken in; None if this is the first.
    """
    if reported_at is None or latest is None or reported_at >= latest:
        return None
    at = latest.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return StaleReport(f"The newest report is of {at}.", reported_at=at)


def moments_after(
    reports: Sequence[tuple[str, datetime | None]],
    refusals: Sequence[Refusal | None],
    latest: Mapping[str, datetime],
    now: datetime,
) -> tuple[dict[str, datetime], list[Refusal | None]]:
    """The moment of each subscriber's newest report, once these are taken in one after another.

    Args:
        reports: the subscriber and the moment of each.
        refusals: why reports are refused for another reason: they move nothing.
        latest: the moments before.

    Returns:
        The moments, and the refusals with those of late reports among them.
    """
    moments, found = dict(latest), list(refusals)
    for place, (subscriber_id, reported_at) in enumerate(reports):
        if found[place] is not None:
            continue
        last = moments.get(subscriber_id)
        found[place] = refusal_for_age(reported_at, last)
        if found[place] is None:
            moments[subscriber_id] = reported_at or (now if last is None else max(now, last))
    return moments, found
