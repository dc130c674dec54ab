"""Facts that are really committed, for threads and servers with connections of their own."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase

from tests.books import our_tables

KEPT = ("loyalty_termsversion", "fraud_rulesetversion")

_APPEND_ONLY = (
    "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_is_append_only'"
)


@pytest.fixture(scope="package")
def nobody_flushes() -> Iterator[None]:
    # Django's own flush would take the program's terms away with the rest, and stop at the
    # tables that refuse to be emptied.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: None)
        yield


@pytest.fixture
def committed(nobody_flushes: None, transactional_db: None) -> Iterator[None]:
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
            # What is live or in force refuses to go, too.
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE number > 1")  # noqa: S608
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
