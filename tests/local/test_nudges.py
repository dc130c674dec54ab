"""Whoever commits waits for no broker, and one that is away is not asked again at once."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

import pytest

from config import celery, nudges
from config.nudges import RESTS_SECONDS, Nudge
from config.schedule import SCHEDULE

SOON = 10.0


class Broker:
    """Takes tasks; is away, or doesn't answer, for as long as a test wants it."""

    def __init__(self) -> None:
        self.taken: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self.rests: SimpleQueue[float] = SimpleQueue()
        self.answers = Event()
        self.answers.set()
        self.is_away = False

    def take(self, task: str, **options: Any) -> None:
        self.taken.put((task, options))
        assert self.answers.wait(SOON)
        if self.is_away:
            raise ConnectionError("away")


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    broker = Broker()
    monkeypatch.setattr(celery.app, "send_task", broker.take)
    monkeypatch.setattr(nudges, "sleep", broker.rests.put)
    yield broker
    broker.answers.set()


def test_a_nudge_gives_the_task(broker: Broker) -> None:
    Nudge("some.task")()
    assert broker.taken.get(timeout=SOON) == ("some.task", {"expires": 60, "retry": False})


def test_nobody_waits_for_a_broker_that_does_not_answer(broker: Broker) -> None:
    broker.answers.clear()
    nudge = Nudge("some.task")
    nudge()
    broker.taken.get(timeout=SOON)
    for _ in range(1000):
        nudge()
    assert broker.taken.empty()
    broker.answers.set()
    # What was asked for meanwhile is one more.
    broker.taken.get(timeout=SOON)
    with pytest.raises(Empty):
        broker.taken.get(timeout=0.2)


def test_a_broker_that_is_away_is_left_alone_for_a_while_and_asked_again(broker: Broker) -> None:
    broker.is_away = True
    nudge = Nudge("some.task")
    nudge()
    assert broker.rests.get(timeout=SOON) == RESTS_SECONDS
    broker.is_away = False
    broker.taken.get(timeout=SOON)
    nudge()
    broker.taken.get(timeout=SOON)
    assert broker.rests.empty()


def test_what_is_nudged_is_also_given_by_the_clock() -> None:
    given = {each["task"] for each in SCHEDULE.values()}
    assert {nudges.nudge_relay._task, nudges.nudge_sender._task} <= given


def test_a_clock_that_was_just_started_strikes_at_once(broker: Broker) -> None:
    celery.strike_at_once()
    assert broker.taken.get(timeout=SOON)[0] == "doors.tasks.tick"
