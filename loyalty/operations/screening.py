"""Asking the screen that settings name."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from loyalty.policy.gate import NO_SCREEN, OUTCOMES, Screening, Subject


def screened(subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    """What the screen says of each subject; without a screen everything waits.

    It runs under the locks of the subjects' wallets, so that it answers from the database and
    waits for nobody. What it raises rises: nothing is let out then.
    """
    if not subjects:
        return []
    if not settings.BENEFIT_SCREEN:
        return [NO_SCREEN] * len(subjects)
    screen = import_string(settings.BENEFIT_SCREEN)
    screenings = cast(list[Screening], screen(subjects=subjects, now=now))
    assert len(screenings) == len(subjects), "a screen says something of each subject"
    assert all(screening.outcome in OUTCOMES for screening in screenings), "in words we know"
    return screenings
