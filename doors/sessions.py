"""How long people stay logged in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

_BEGAN, _ACTIVE = "began_at", "active_at"
# Each note of an activity writes the session; a click a second needn't.
_NOTED_EVERY = timedelta(minutes=1)


def has_ended(session: SessionBase, *, now: datetime) -> bool:
    """Whether a session was idle for too long, or has lasted as long as any may."""
    return seconds_left(session, now=now) <= 0


def seconds_left(session: SessionBase, *, now: datetime) -> int:
    """Until the session ends, if nobody asks for anything meanwhile."""
    idle_ends = _moment(session, _ACTIVE, now) + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    ends = _moment(session, _BEGAN, now) + timedelta(hours=settings.SESSION_HOURS_MAX)
    return int((min(idle_ends, ends) - now).total_seconds())


def note_activity(session: SessionBase, *, now: datetime) -> None:
    """Let the time without a request count from now."""
    if _BEGAN not in session:
        session[_BEGAN] = now.timestamp()
    if _ACTIVE not in session or now - _moment(session, _ACTIVE, now) > _NOTED_EVERY:
        session[_ACTIVE] = now.timestamp()


def _moment(session: SessionBase, name: str, now: datetime) -> datetime:
    """When something was noted; now, if it never was."""
    noted = session.get(name)
    return now if noted is None else datetime.fromtimestamp(noted, now.tzinfo)
