"""A database that hangs: its machine confirms what it is sent, and it answers nothing."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from doors.outcomes import OutcomeUnknown
from doors.patience import waiting_at_most
from doors.request_lines import ASKED_AT
from tests.books import moves
from tests.journeys.conftest import Billing
from tests.local.web_servers import web_server
from tests.watching.test_lost_commits import charge

# Of a pause between two looks at the time, and of a busy machine.
SOON = 1.5


@contextmanager
def hanging(*pids: int) -> Iterator[None]:
    """Stop processes of the database's server, and let them go on at the end."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def kept(db: None) -> Iterator[Any]:
    wrapper = connection.copy()
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


def pid_of(wrapper: Any) -> int:
    pid: int = wrapper.connection.info.backend_pid
    return pid


def ask(wrapper: Any) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_an_answer_is_waited_for_so_long_and_no_longer(kept: Any) -> None:
    began = monotonic()
    with hanging(pid_of(kept)), waiting_at_most(0.5), pytest.raises(OperationalError):
        ask(kept)
    assert 0.5 <= monotonic() - began < 0.5 + SOON
    assert kept.connection.closed, "nobody knows what becomes of what was sent"
    assert not kept.is_usable()


def test_all_answers_of_a_request_share_its_time(kept: Any) -> None:
    def sleep(seconds: float) -> None:
        with kept.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [seconds])

    with waiting_at_most(1.0):
        sleep(0.4)
        sleep(0.4)
        with pytest.raises(OperationalError):
            sleep(0.4)


def test_outside_of_a_request_each_answer_has_its_time(kept: Any, settings: Any) -> None:
    settings.DATABASE_ANSWER_SECONDS = 0.5
    kept.close()
    kept.ensure_connection()
    for _ in range(3):
        with kept.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
    with hanging(pid_of(kept)), pytest.raises(OperationalError):
        ask(kept)


def test_a_long_copy_is_cut_off_too(kept: Any) -> None:
    ask(kept)
    with (
        hanging(pid_of(kept)),
        waiting_at_most(0.5),
        pytest.raises(psycopg.OperationalError),
        kept.connection.cursor().copy("COPY (SELECT 1) TO STDOUT") as copy,
    ):
        copy.read()


def test_a_commit_that_is_not_answered_is_an_unknown_outcome(kept: Any) -> None:
    kept.set_autocommit(False)
    ask(kept)
    with hanging(pid_of(kept)), waiting_at_most(0.5), pytest.raises(OutcomeUnknown):
        kept.commit()


def test_a_request_is_answered_in_time(billing: Billing, settings: Any) -> None:
    settings.REQUEST_SECONDS = 1.0
    assert billing.get("/subscribers/S-1").status_code == 200
    began = monotonic()
    with hanging(pid_of(connection)):
        answer = billing.post("/charges", charge())
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert monotonic() - began < 1 + SOON
        # One process of the server hangs, and the next request has another: as between requests.
        connection.close_if_unusable_or_obsolete()
        again = billing.post("/charges", charge())
    assert again.status_code in (200, 201)
    assert moves("S-1") == [("accrual", "issued", "available", 599)]


def test_a_request_that_waited_too_long_for_a_thread_is_not_begun(
    billing: Billing, settings: Any
) -> None:
    late = monotonic() - settings.REQUEST_SECONDS
    answer = billing.browser.get(
        "/api/v1/program", headers={"authorization": billing.token}, **{ASKED_AT: late}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "5"


@pytest.mark.enable_socket
def test_the_server_goes_on_beside_a_database_that_hangs(tmp_path: Path, billing: Billing) -> None:
    """As it is run: every thread's connection hangs, and none for longer than its request."""
    with web_server(tmp_path, REQUEST_SECONDS="2", WEB_THREADS="2") as server:

        def status() -> int:
            path = "/api/v1/subscribers/S-1"
            return server.call("GET", path, authorization=billing.token).status

        for _ in range(8):
            assert status() == 200
        with hanging(*backends_of_the_server()):
            began = monotonic()
            statuses = [status() for _ in range(4)]
            assert monotonic() - began < 2 * (2 + SOON)
        assert set(statuses) == {200, 503}
        assert statuses[-1] == 200, "the next has a connection of its own"


def backends_of_the_server() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE 'granian%%'"
        )
        return [row[0] for row in cursor.fetchall()]
