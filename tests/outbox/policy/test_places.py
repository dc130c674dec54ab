"""Who fails or is slow has few threads; who was slow once, has as many as the others again."""

from datetime import UTC, datetime

import pytest

from outbox.policy.places import is_unwell, pace_after, places_for_unwell

NOW = datetime(2026, 3, 17, tzinfo=UTC)


def test_one_slow_answer_makes_nobody_unwell_and_several_do() -> None:
    pace = pace_after(50, 8_000)
    assert not is_unwell(failing_since=None, pace=pace)
    for _ in range(3):
        pace = pace_after(pace, 8_000)
    assert is_unwell(failing_since=None, pace=pace)
    for _ in range(5):
        pace = pace_after(pace, 50)
    assert not is_unwell(failing_since=None, pace=pace)


def test_who_fails_is_unwell_however_fast() -> None:
    assert is_unwell(failing_since=NOW, pace=0)


@pytest.mark.parametrize(("threads", "places"), [(1, 1), (3, 1), (16, 4), (64, 16)])
def test_all_unwell_have_a_quarter_as_many_threads_and_at_least_one(
    threads: int, places: int
) -> None:
    assert places_for_unwell(threads) == places
