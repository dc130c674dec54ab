"""Screens that say what a test wants to hear."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from loyalty.policy.gate import CLEAR, Reason, Screening, Subject

# By what a payout is for, or by the id of a redemption; what is not named is clear.
SAYS: dict[str, Screening] = {}
ASKED: list[Subject] = []

WHY = Reason("looks_odd", "It looks odd.")


@pytest.fixture
def says(settings: Any) -> Iterator[dict[str, Screening]]:
    """What the screen says, by what a payout is for or the id of a redemption."""
    settings.BENEFIT_SCREEN = "tests.screens.screen"
    yield SAYS
    SAYS.clear()
    ASKED.clear()


class ScreenDown(Exception):
    """The screen is out of order."""


def screen(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    ASKED.extend(subjects)
    return [SAYS.get(subject.cause_id or subject.id, CLEAR) for subject in subjects]


def broken(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    raise ScreenDown


def speechless(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    return []


def babbling(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    return [Screening("perhaps")] * len(subjects)
