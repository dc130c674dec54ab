"""What follows an attempt to send a message: delivered, again at some moment, or never again."""

from datetime import datetime, timedelta
from typing import NamedTuple

PENDING = "pending"
DELIVERED = "delivered"
DEAD = "dead"
CANCELLED = "cancelled"
MESSAGE_STATUSES = (PENDING, DELIVERED, DEAD, CANCELLED)

# After each failed attempt; with the last one about 76 hours have passed since the first. The
# gaps are those that the Standard Webhooks specification proposes.
GAPS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS_MAX = len(GAPS) + 1
# A gap is longer by up to this share, so that what failed together doesn't return together.
JITTER = 0.1
# How long a receiver may ask us to wait (429 and 503 with Retry-After).
WAIT_MAX = timedelta(hours=24)
# An endpoint that has only failed for so long is disabled.
PATIENCE = timedelta(days=3)

_GONE = 410
_ASKS_TO_WAIT = (429, 503)


class Reply(NamedTuple):
    """What came of one attempt.

    Attributes:
        status: the HTTP status; None if there was no answer.
        error: why there was none, in a few words; empty if there was one.
        retry_after: how long the receiver asked us to wait.
        milliseconds: how long it took.
    """

    status: int | None
    error: str = ""
    retry_after: timedelta | None = None
    milliseconds: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE

    @property
    def said(self) -> str:
        """Why it isn't delivered, in a few words."""
        if self.error or self.status is None:
            return self.error
        if 300 <= self.status < 400:
            return f"HTTP {self.status}: redirects are not followed"
        return f"HTTP {self.status}"


class Fate(NamedTuple):
    """What becomes of a message: its status, and when it is tried again if it is pending."""

    status: str
    next_attempt_at: datetime | None = None


def fate_of(*, reply: Reply, attempts: int, now: datetime, chance: float) -> Fate:
    """What becomes of a message after an attempt.

    Args:
        reply: what came of it.
        attempts: how many there were, this one included.
        now: when it ended.
        chance: from 0 to 1, drawn anew each time.
    """
    if reply.is_delivered:
        return Fate(DELIVERED)
    if reply.is_gone:
        return Fate(CANCELLED)
    if attempts >= ATTEMPTS_MAX:
        return Fate(DEAD)
    gap = GAPS[attempts - 1] * (1 + JITTER * chance)
    if reply.status in _ASKS_TO_WAIT and reply.retry_after is not None:
        gap = max(gap, min(reply.retry_after, WAIT_MAX))
    return Fate(PENDING, now + gap)


def has_failed_too_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint has answered with nothing but failures for longer than is borne."""
    return failing_since is not None and now - failing_since >= PATIENCE
