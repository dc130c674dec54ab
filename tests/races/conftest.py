"""Threads with connections of their own; what they see is committed (tests.committing)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from tests.factories import post, register

Run = Callable[..., list[Any]]


@pytest.fixture
def at_once(committed: None) -> Run:
    """Run calls in threads that start together; what each returned or raised, in their order."""

    def run(*calls: Callable[[], object]) -> list[Any]:
        results: list[Any] = [None] * len(calls)
        start = Barrier(len(calls))

        def work(place: int) -> None:
            try:
                connection.ensure_connection()
                start.wait(timeout=30)
                results[place] = calls[place]()
            except Exception as error:  # noqa: BLE001
                results[place] = error
            finally:
                connection.close()

        threads = [Thread(target=work, args=(place,)) for place in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
            assert not thread.is_alive()
        return results

    return run


@pytest.fixture
def members(committed: None, now: datetime) -> Sequence[str]:
    """Two subscribers with 1,000 points each."""
    names = ("ann", "bob")
    for name in names:
        register(name, now=now - timedelta(days=30))
        post(f"charge of {name}", name, now=now - timedelta(days=1))
    return names


def errors(results: Sequence[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
