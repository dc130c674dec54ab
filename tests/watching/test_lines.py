"""A line says which request or task it belongs to, and nothing about a person."""

import logging
from io import StringIO
from typing import Any

import orjson
import pytest
import structlog
from django.contrib.auth.models import User
from django.test import Client as Browser
from psycopg import IntegrityError

from doors.logs import formatter, lines_tell
from doors.tasks import numbers_in, tick

Lines = Any


@pytest.fixture
def lines() -> Any:
    """Every line of our loggers, as the JSON that a machine would read."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter("json"))
    logging.getLogger().addHandler(handler)
    yield lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_a_request_leaves_one_line_with_its_client_and_route(
    browser: Browser, bearer: Any, lines: Lines
) -> None:
    answer = browser.get(
        "/api/v1/subscribers/S-private/wallet",
        headers={"authorization": bearer(), "x-request-id": "abc-1"},
    )

    [line] = [line for line in lines() if line["logger"] == "tenure.requests"]
    assert answer.status_code == 404
    assert answer["X-Request-ID"] == line["request_id"] == "abc-1"
    assert line["client_id"] == "billing"
    assert line["route"] == "api/v1/subscribers/<client_id:subscriber_id>/wallet"
    assert (line["method"], line["status"], line["level"]) == ("GET", 404, "info")
    assert line["ms"] > 0
    assert "S-private" not in orjson.dumps(lines()).decode()


@pytest.mark.parametrize("given", ["", "<b>", "x" * 65, "a b"])
def test_an_id_that_is_none_is_replaced(browser: Browser, given: str) -> None:
    answer = browser.get("/problems/none", headers={"x-request-id": given})
    assert len(answer["X-Request-ID"]) == 32


@pytest.mark.django_db
def test_a_person_is_a_number_in_the_line(browser: Browser, lines: Lines) -> None:
    person = User.objects.create_superuser(username="ivanov", password="x")
    browser.force_login(person)
    browser.get("/admin/auth/user/", {"q": "+79161234567"})

    line = lines()[-1]
    assert line["user_id"] == person.pk
    assert line["route"] == "admin/auth/user/"
    said = orjson.dumps(lines()).decode()
    assert "ivanov" not in said
    assert "79161234567" not in said


@pytest.mark.urls("tests.doors.charges")
def test_a_page_that_fails_is_told_by_its_route(browser: Browser, lines: Lines) -> None:
    browser.get("/failing-page", {"q": "+79161234567"}, headers={"x-request-id": "abc-2"})

    [line] = [line for line in lines() if line["logger"] == "django.request"]
    assert line["request_id"] == "abc-2"
    assert line["event"] == "Internal Server Error: failing-page"
    assert "ZeroDivisionError" in line["exception"]
    assert "79161234567" not in orjson.dumps(lines()).decode()


def test_what_the_database_says_about_a_row_is_not_repeated(lines: Lines) -> None:
    told = "duplicate key\nDETAIL:  Key (msisdn)=(+79161234567) already exists."
    try:
        raise IntegrityError(told)
    except IntegrityError:
        logging.getLogger("loyalty").exception("A row was refused: %s", told)

    [line] = lines()
    assert "79161234567" not in orjson.dumps(line).decode()
    assert "duplicate key" in line["exception"]


def test_every_line_inside_tells_what_surrounds_it(lines: Lines) -> None:
    with lines_tell(lambda: {"request_id": "r-1"}):
        logging.getLogger("loyalty").warning("Old style: %s", 1)
        structlog.get_logger("fraud").warning("new style", cases=2)
    logging.getLogger("loyalty").warning("Outside")

    old, new, outside = lines()
    assert (old["event"], old["request_id"]) == ("Old style: 1", "r-1")
    assert (new["event"], new["request_id"], new["cases"]) == ("new style", "r-1", 2)
    assert "request_id" not in outside
    assert {"timestamp", "level", "logger"} <= old.keys() & new.keys()


def test_the_text_form_is_one_line_for_people() -> None:
    record = logging.LogRecord("loyalty", logging.INFO, "", 0, "Said %s", ("so",), None)
    line = formatter("text").format(record)
    assert "Said so" in line
    assert "\n" not in line
    assert "\x1b" not in line


@pytest.mark.django_db
def test_a_job_leaves_one_line_with_its_name(lines: Lines) -> None:
    tick()

    line = lines()[-1]
    assert (line["event"], line["task"], line["outcome"]) == ("job", "doors.tasks.tick", "done")


def test_numbers_of_a_verb_are_its_rows_or_its_names() -> None:
    from fraud.operations.tend_cases import Tended

    assert numbers_in(3) == {"rows": 3}
    assert numbers_in(Tended(1, 2, 3, 4)) == {"opened": 1, "freed": 2, "lapsed": 3, "closed": 4}
    assert numbers_in(None) == numbers_in("x") == numbers_in((1, 2)) == {}
