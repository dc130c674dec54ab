"""How many threads endpoints may have: by their health, so that those that hang leave room."""

from datetime import datetime

# A receiver that takes longer than this, or fails, is unwell.
SLOW_SECONDS = 3.0
# Threads of one unwell endpoint, and of all of them as a share of those that the others have.
UNWELL_PLACES = 2
_UNWELL_SHARE = 0.25
# How much of the pace the latest attempt is.
_WEIGHT = 0.3


def pace_after(pace: int, milliseconds: int) -> int:
    """The smoothed time of an attempt after one more, in milliseconds.

    Exponential smoothing: an endpoint that was slow once is not slow for ever.
    """
    return round(pace + _WEIGHT * (milliseconds - pace))


def is_unwell(*, failing_since: datetime | None, pace: int) -> bool:
    """Whether an endpoint fails, or answers slowly (`pace` in milliseconds)."""
    return failing_since is not None or pace > SLOW_SECONDS * 1000


def places_for_unwell(threads: int) -> int:
    """How many threads all unwell endpoints may have together, besides those of the others."""
    return max(1, int(threads * _UNWELL_SHARE))
