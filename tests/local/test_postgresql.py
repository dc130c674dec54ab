"""The database backend: when a kept connection is doubted."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config.postgresql.base import DatabaseWrapper


@pytest.fixture
def kept(db: None) -> Iterator[Any]:
    wrapper = connection.copy()
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


def refuse(*_: object) -> None:
    raise AssertionError("nothing is sent")


def test_a_connection_that_stands_is_asked_nothing(kept: Any) -> None:
    with kept.execute_wrapper(refuse):
        assert kept.is_usable()


def test_a_connection_with_something_to_read_is_asked(kept: Any) -> None:
    kept.cursor().execute("LISTEN something")
    connection.cursor().execute("SELECT 1")
    other = kept.copy()
    other.cursor().execute("NOTIFY something")
    other.close()
    assert kept.is_usable()


def test_a_connection_that_the_server_closed_is_noticed(kept: Any) -> None:
    pid = kept.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not kept.is_usable()


def test_a_connection_that_we_closed_is_not_usable(kept: Any) -> None:
    kept.connection.close()
    assert not kept.is_usable()
