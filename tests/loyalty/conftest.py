"""A subscriber with points, and a screen that says what a test wants."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Subscriber
from loyalty.policy.gate import Screening
from tests import screens
from tests.factories import post, register


@pytest.fixture
def subscriber(db: None, now: datetime) -> Subscriber:
    """Somebody verified, with a card of their own and no wallet yet."""
    return register("subscriber", now=now - timedelta(days=400))


@pytest.fixture
def member(subscriber: Subscriber, now: datetime) -> Subscriber:
    """The subscriber after a charge of 1,000 roubles: 1,000 points in lot 1."""
    post("charge", occurred_at=now - timedelta(days=10), now=now - timedelta(days=10))
    return subscriber


@pytest.fixture
def says(settings: Any) -> Iterator[dict[str, Screening]]:
    """What the screen says, by what a payout is for or the id of a redemption."""
    settings.BENEFIT_SCREEN = "tests.screens.screen"
    yield screens.SAYS
    screens.SAYS.clear()
    screens.ASKED.clear()
