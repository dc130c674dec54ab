"""What follows an attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from outbox.policy.retries import (
    ATTEMPTS_MAX,
    GAPS,
    JITTER,
    PATIENCE,
    Fate,
    Reply,
    fate_of,
    has_failed_too_long,
)

NOW = datetime(2026, 3, 17, tzinfo=UTC)


def fate(reply: Reply, attempts: int = 1, chance: float = 0.0) -> Fate:
    return fate_of(reply=reply, attempts=attempts, now=NOW, chance=chance)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    assert fate(Reply(status)) == ("delivered", None)


@pytest.mark.parametrize("status", [None, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert fate(Reply(status)) == ("pending", NOW + GAPS[0])


def test_410_ends_it() -> None:
    assert fate(Reply(410)).status == "cancelled"


def test_the_gaps_grow_over_three_days_and_then_it_is_dead() -> None:
    assert list(GAPS) == sorted(GAPS)
    assert timedelta(days=3) < sum(GAPS, timedelta()) < timedelta(days=3.5)
    for attempts, gap in enumerate(GAPS, start=1):
        assert fate(Reply(500), attempts) == ("pending", NOW + gap)
    assert fate(Reply(500), ATTEMPTS_MAX) == ("dead", None)


def test_chance_lengthens_a_gap_by_a_tenth_at_most() -> None:
    assert fate(Reply(500), 3, chance=1.0).next_attempt_at == NOW + GAPS[2] * (1 + JITTER)


@pytest.mark.parametrize(
    ("status", "asked", "waited"),
    [
        (503, timedelta(hours=1), timedelta(hours=1)),
        (429, timedelta(minutes=2), timedelta(minutes=2)),
        # Never sooner than otherwise, never later than a day, and not for others.
        (503, timedelta(seconds=1), GAPS[0]),
        (503, timedelta(days=30), timedelta(days=1)),
        (500, timedelta(hours=1), GAPS[0]),
    ],
)
def test_a_receiver_may_ask_to_wait(status: int, asked: timedelta, waited: timedelta) -> None:
    assert fate(Reply(status, retry_after=asked)).next_attempt_at == NOW + waited


def test_patience_ends_after_three_days() -> None:
    assert not has_failed_too_long(None, NOW)
    assert not has_failed_too_long(NOW - PATIENCE + timedelta(seconds=1), NOW)
    assert has_failed_too_long(NOW - PATIENCE, NOW)
