"""A connection is lost at the worst moment, and the same request sent again finds out."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.books import moves
from tests.journeys.conftest import Billing

Commit = Callable[[Any], None]
real_commit = psycopg.Connection.commit


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Commit], None]:
    """Let one commit go another way."""

    def arrange(commit: Commit) -> None:
        def once(driver: Any) -> None:
            monkeypatch.setattr(psycopg.Connection, "commit", real_commit)
            commit(driver)

        monkeypatch.setattr(psycopg.Connection, "commit", once)

    return arrange


def answer_is_lost(driver: Any) -> None:
    """The server commits, and its answer never arrives."""
    real_commit(driver)
    driver.close()
    raise psycopg.OperationalError("server closed the connection unexpectedly")


def backend_dies(driver: Any) -> None:
    """The server's process ends before it hears the word."""
    with psycopg.connect(driver.info.dsn, password=driver.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
    real_commit(driver)


def charge() -> dict[str, Any]:
    return {
        "charge_id": "c-1",
        "subscriber_id": "S-1",
        "amount": "599.90",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": "2026-01-15T10:00:00+03:00",
    }


@pytest.mark.parametrize(("loss", "found"), [(answer_is_lost, 200), (backend_dies, 201)])
def test_a_charge_whose_commit_was_not_heard_of_is_resolved_by_its_id(
    billing: Billing, lose: Callable[[Commit], None], loss: Commit, found: int
) -> None:
    lose(loss)

    unknown = billing.post("/charges", charge())
    again = billing.post("/charges", charge())

    assert unknown.status_code == 503, unknown.content
    assert unknown.json()["code"] == "outcome_unknown"
    assert unknown["Retry-After"] == "1"
    assert again.status_code == found, again.content
    assert again.has_header("Idempotent-Replayed") == (found == 200)
    assert again.json()["points_earned"] == 599
    assert moves("S-1") == [("accrual", "issued", "available", 599)]


def test_it_is_unknown_too_while_the_database_stays_away(
    billing: Billing, lose: Callable[[Commit], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: Any) -> None:
        raise psycopg.OperationalError("connection refused")

    def answer_is_lost_for_long(driver: Any) -> None:
        monkeypatch.setattr(psycopg, "connect", refused)
        answer_is_lost(driver)

    connect = psycopg.connect
    lose(answer_is_lost_for_long)
    unknown = billing.post("/charges", charge())
    away = billing.post("/charges", charge())
    monkeypatch.setattr(psycopg, "connect", connect)
    again = billing.post("/charges", charge())

    assert (unknown.status_code, unknown.json()["code"]) == (503, "outcome_unknown")
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert again.status_code == 200
    assert moves("S-1") == [("accrual", "issued", "available", 599)]


def test_a_connection_lost_before_is_known_to_have_written_nothing(
    billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("loyalty.operations.post_charges")
    write = module.write

    def die_first(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(module, "write", write)
        driver = connection.connection
        with psycopg.connect(driver.info.dsn, password=driver.info.password) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
        write(*args, **kwargs)

    monkeypatch.setattr(module, "write", die_first)

    lost = billing.post("/charges", charge())
    again = billing.post("/charges", charge())

    assert (lost.status_code, lost.json()["code"]) == (503, "unavailable")
    assert again.status_code == 201


def test_a_commit_that_the_database_refuses_is_no_unknown_outcome(committed: None) -> None:
    """A constraint that is checked at the commit says no, and the connection stands."""
    from django.db import IntegrityError, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO late VALUES (1), (1)")
