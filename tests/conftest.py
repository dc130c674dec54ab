"""What all tests share: the moment, the profiles of Hypothesis, and a calendar that forgets."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured
from django.utils import translation
from hypothesis import HealthCheck, Phase, settings

from doors.rates import forget_leases
from fraud.policy import queueing
from loyalty.queries import terms

pytest_plugins = ["tests.announced", "tests.browsing", "tests.committing", "tests.screens"]

# Examples take turns in savepoints of one test's transaction, so that its fixtures may be shared.
_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    # A failing history is shrunk by the thorough profile: that takes minutes.
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=_SHARED,
)
settings.register_profile(
    "thorough",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SHARED,
)
settings.register_profile(
    "hunt",
    parent=settings.get_profile("quick"),
    max_examples=600,
    derandomize=False,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session", autouse=True)
def _static_files_needn_t_be_collected(tmp_path_factory: pytest.TempPathFactory) -> None:
    configured.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))


@pytest.fixture(autouse=True)
def _chance_draws_everybody_or_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Payouts have random ids: a real draw would give one test in a hundred a case too many."""
    monkeypatch.setattr(queueing, "is_sampled", lambda kind, key, share: share == 1)


@pytest.fixture
def now() -> datetime:
    """The middle of a month, at no round time."""
    return datetime(2026, 3, 17, 9, 41, 7, 250_001, tzinfo=UTC)


@pytest.fixture
def later(now: datetime) -> datetime:
    """An hour after `now`."""
    return now + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _terms_are_read_anew() -> Iterator[None]:
    # A test that is rolled back takes its versions of the terms away; in production nothing does.
    terms.calendar_marked.cache_clear()
    yield
    terms.calendar_marked.cache_clear()


@pytest.fixture(autouse=True)
def _requests_are_counted_anew() -> None:
    # What a rolled back allowance had leased isn't there any more.
    forget_leases()


@pytest.fixture(autouse=True)
def _the_language_is_that_of_the_settings() -> Iterator[None]:
    # A request in another language leaves its thread with it; the next test shares the thread.
    yield
    translation.deactivate()
