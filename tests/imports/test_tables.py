"""What the database holds by itself."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.imports.conftest import (
    Receive,
    charge,
    csv_of,
    read_all,
)

pytestmark = pytest.mark.django_db


# Each named constraint, and what it forbids.
FORBIDDEN = {
    "import_status_is_a_known_one": "UPDATE imports_import SET status = 'lost'",
    "import_kind_is_a_known_one": "UPDATE imports_import SET kind = 'gifts'",
    "import_format_is_a_known_one": "UPDATE imports_import SET format = 'xlsx'",
    "import_source_is_a_known_one": "UPDATE imports_import SET source = 'fax'",
    "import_file_is_not_empty": "UPDATE imports_import SET bytes = 0",
    "import_has_an_end_exactly_if_it_ended": "UPDATE imports_import SET finished_at = now()",
    "import_has_a_reason_exactly_if_it_failed": "UPDATE imports_import SET failure_code = 'x'",
    "import_shard_number_is_unique": "UPDATE imports_shard SET number = 0",
    "import_shard_counts_are_not_negative": "UPDATE imports_shard SET line = -1",
    "import_shard_counts_add_up": "UPDATE imports_shard SET rows_read = 1",
    "import_shard_is_leased_exactly_while_claimed": "UPDATE imports_shard SET claimed_by = 'x'",
    "import_row_is_rejected_once": (
        "INSERT INTO imports_rowerror (imported_id, line, row_id, code, pointer, detail)"
        " SELECT id, 1, '', 'x', '', '' FROM imports_import, generate_series(1, 2)"
    ),
}


@pytest.mark.parametrize(("name", "statement"), FORBIDDEN.items(), ids=FORBIDDEN.keys())
def test_the_database_holds_its_constraints(receive: Receive, name: str, statement: str) -> None:
    receive(csv_of([charge(1, "s1")]))
    with (
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement", ["UPDATE imports_rowerror SET line = 2", "DELETE FROM imports_rowerror"]
)
def test_what_was_told_of_a_row_stays(
    receive: Receive, subscribers: list[str], statement: str
) -> None:
    read_all(receive(csv_of([charge(1, "nobody")])))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
