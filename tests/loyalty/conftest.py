"""A subscriber with points."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Subscriber
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
