"""A client of the API over committed facts, with one subscriber."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser

from doors.models import Client
from tests.factories import register
from tests.journeys.conftest import Billing


@pytest.fixture
def billing(committed: None, browser: Browser, bearer: Callable[..., str]) -> Iterator[Billing]:
    register("S-1", now=datetime.now(UTC) - timedelta(days=30))
    yield Billing(browser, bearer())
    Client.objects.all().delete()
