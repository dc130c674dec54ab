"""Statements that are sent together are still run one by one, and each is heard."""

import pytest
from django.db import connection, transaction
from psycopg.errors import DivisionByZero

from loyalty.ledger.connection import FEW, ask, execute, fetch, suited_to

pytestmark = pytest.mark.django_db


def count() -> int:
    return int(fetch("SELECT count(*) FROM outbox_event")[0][0])


def announce() -> None:
    execute("INSERT INTO outbox_event (name, items, announced_at) VALUES ('a', '[]', now())")


@pytest.mark.parametrize("rows", [1, FEW])
def test_each_answer_belongs_to_its_question(rows: int) -> None:
    with transaction.atomic(), suited_to(rows):
        answers = [ask("SELECT %s::int", number) for number in range(20)]
        assert [answer.fetchall() for answer in reversed(answers)] == [
            [(number,)] for number in reversed(range(20))
        ]


@pytest.mark.parametrize("rows", [1, FEW])
def test_each_statement_sees_those_before_it(rows: int) -> None:
    with transaction.atomic(), suited_to(rows):
        before = ask("SELECT count(*) FROM outbox_event")
        announce()
        after = ask("SELECT count(*) FROM outbox_event")
        announce()
        assert [before.fetchall(), after.fetchall()] == [[(0,)], [(1,)]]
    with transaction.atomic():
        assert count() == 2


def test_what_nobody_asks_about_is_done_too() -> None:
    with transaction.atomic(), suited_to(1):
        announce()
    with transaction.atomic():
        assert count() == 1


def test_a_statement_that_fails_is_raised_at_the_end_of_the_block() -> None:
    def divide() -> None:
        with transaction.atomic(), suited_to(1):
            announce()
            execute("SELECT 1 / %s::int", 0)
            announce()

    with pytest.raises(DivisionByZero):
        divide()
    with transaction.atomic():
        assert count() == 0
    assert connection.connection.pgconn.pipeline_status == 0


def test_an_answer_larger_than_any_buffer_arrives_whole() -> None:
    with transaction.atomic(), suited_to(1):
        first = ask("SELECT repeat('x', 3000000)")
        second = ask("SELECT 2")
        assert len(first.fetchall()[0][0]) == 3_000_000
        assert second.fetchall() == [(2,)]
