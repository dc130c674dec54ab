"""The clock strikes by the hours of the program's time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.conf import settings
from django_celery_beat.models import CrontabSchedule
from django_celery_beat.schedulers import ModelEntry

from config.celery import app
from config.schedule import SCHEDULE

PROGRAM = ZoneInfo(settings.PROGRAM_TIME_ZONE)
# Jobs that follow the beginning of a day or month, and the hour at which people are told.
NIGHTLY = {
    "evaluate tiers": (0, 10),
    "count referral norms": (0, 20),
    "score anomalies": (2, 0),
    "audit the ledger": (5, 0),
}


def test_celery_goes_by_the_programs_zone() -> None:
    assert settings.CELERY_TIMEZONE == settings.PROGRAM_TIME_ZONE
    assert app.timezone == PROGRAM


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_what_is_copied_into_the_database_says_the_zone(name: str) -> None:
    entry: dict[str, Any] = SCHEDULE[name]
    copied = ModelEntry.from_entry(name, app=app, **entry)
    if isinstance(entry["schedule"], crontab):
        assert copied.model.crontab.timezone == PROGRAM


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "at"), NIGHTLY.items())
@pytest.mark.parametrize("month", [1, 7])
def test_nightly_jobs_strike_at_their_hour_in_the_programs_zone(
    name: str, at: tuple[int, int], month: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = ModelEntry.from_entry(name, app=app, **SCHEDULE[name])
    strike = datetime(2026, month, 1, *at, tzinfo=PROGRAM)
    last = strike - timedelta(hours=20)
    for now, is_due in ((strike - timedelta(seconds=1), False), (strike, True)):
        schedule = CrontabSchedule.objects.get(pk=copied.model.crontab_id).schedule
        monkeypatch.setattr(schedule, "nowfun", lambda now=now: now.astimezone(UTC))
        assert schedule.is_due(last)[0] is is_due
