"""Screened redemptions with verdicts: a third on the device of a ring, the others on their own."""

from datetime import UTC, datetime, timedelta

from fraud.models import Case, CaseEvent
from fraud.operations.screen import screen
from loyalty.policy.gate import Subject
from tests.factories import digest, register

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)
VALUE_MINOR = 10_000


def redeem(names: list[str], *, now: datetime = NOW) -> dict[str, int]:
    """Screen a redemption of each; the subscribers' keys by name."""
    keys = {name: register(name, activated_at=now - 9 * DAY, now=now - DAY).pk for name in names}
    _screen(keys, now)
    return keys


def redeem_on_one_device(names: list[str], *, now: datetime = NOW) -> dict[str, int]:
    """The same for subscribers who share a device, and were activated just now."""
    phone = digest("device", f"the phone of {names[0]}")
    keys = {
        name: register(name, identifiers=[phone], activated_at=now, now=now).pk for name in names
    }
    _screen(keys, now)
    return keys


def decide(name: str, verdict: str, *, minutes: int = 6, now: datetime = NOW) -> None:
    """Somebody claims the case of a redemption, or that of a sample, and decides it."""
    case, _ = Case.objects.get_or_create(
        subject_type="redemption",
        subject_id=f"r-{name}",
        defaults={
            "queue": "sample",
            "subscriber_id": 1,
            "value_minor": VALUE_MINOR,
            "score_millionths": 0,
            "band": "low",
            "status": "open",
            "opened_at": now,
            "due_at": now + DAY,
        },
    )
    decided_at = now + timedelta(minutes=minutes)
    for step, at in (("claim", now), ("decide", decided_at)):
        CaseEvent.objects.create(case=case, step=step, before={}, after={}, at=at, by="ann")
    Case.objects.filter(pk=case.pk).update(
        status="closed", verdict=verdict, decided_at=decided_at, decided_by="ann"
    )


def _screen(keys: dict[str, int], now: datetime) -> None:
    subjects = [
        Subject("redemption", f"r-{name}", key, "bill_credit", VALUE_MINOR)
        for name, key in keys.items()
    ]
    screen(subjects=subjects, now=now)
