"""Threads with connections of their own, over facts that are really committed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from tests.books import our_tables
from tests.factories import post, register

KEPT = ("loyalty_termsversion", "fraud_rulesetversion")

_APPEND_ONLY = (
    "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_is_append_only'"
)

Run = Callable[..., list[Any]]


@pytest.fixture(autouse=True, scope="package")
def _nobody_flushes() -> Iterator[None]:
    # Django's own flush would take the program's terms away with the rest, and stop at the
    # tables that refuse to be emptied.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: None)
        yield


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """Commits, and an empty database again afterwards."""
    assert str(connection.settings_dict["NAME"]).startswith("test_")
    yield
    tables = ", ".join(table for table in our_tables() if table not in KEPT)
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ONLY)
        triggered = [row[0] for row in cursor.fetchall()]
        for table in triggered:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {tables}")
        for table in triggered:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table in KEPT:
            cursor.execute(f"DELETE FROM {table} WHERE number > 1")  # noqa: S608


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
