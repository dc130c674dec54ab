"""Problems are told in the language that is asked for; codes never change."""

from typing import Any

import orjson
import pytest
from django.test import Client as Browser

from doors.middleware import language_accepted
from tests.doors.test_fields import GOOD
from tests.doors.test_views import CHARGES, Bearer, Post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.charges")]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.1, ru;q=0.9", "ru"),
        ("en-GB", "en"),
        ("de, ru;q=0.5", "ru"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        ("\x00;;q=,", "en"),
        ("ru," * 10_000, "ru"),
    ],
)
def test_the_language_that_is_liked_best(asked: str, language: str) -> None:
    assert language_accepted(asked) == language


def test_a_problem_in_russian(post: Post, bearer: Bearer) -> None:
    response = post(CHARGES, b"[", bearer(), **{"accept-language": "ru"})
    problem = orjson.loads(response.content)
    assert (problem["code"], problem["title"]) == (
        "malformed_json",
        "Тело запроса не читается как JSON.",
    )
    assert _languages(response) == ("ru", "Accept-Language")


def test_a_problem_in_english_unless_asked(post: Post, bearer: Bearer) -> None:
    response = post(CHARGES, b"[", bearer())
    assert orjson.loads(response.content)["title"] == "The body can't be read as JSON."
    assert _languages(response) == ("en", "Accept-Language")


def test_faults_have_the_same_code_and_place_in_both(post: Post, bearer: Bearer) -> None:
    body = orjson.dumps({**GOOD, "amount": "-1", "colour": "red"})
    english = orjson.loads(post(CHARGES, body, bearer()).content)["errors"]
    answer = post(CHARGES, body, bearer(), **{"accept-language": "ru"})
    russian = orjson.loads(answer.content)["errors"]
    assert [(e["pointer"], e["code"]) for e in english] == [
        (e["pointer"], e["code"]) for e in russian
    ]
    assert "Такого поля нет." in {each["detail"] for each in russian}


def test_the_list_of_problems(client: Browser) -> None:
    english = client.get("/problems").json()["data"]
    russian = client.get("/problems", headers={"accept-language": "ru"}).json()["data"]
    assert [each["code"] for each in english] == [each["code"] for each in russian]
    same = [e["title"] for e, r in zip(english, russian, strict=True) if e["title"] == r["title"]]
    # A refusal of these tests' own is the only one that nobody has translated.
    assert same == ["There are not enough points."]


def _languages(response: Any) -> tuple[str, str]:
    return response["Content-Language"], response["Vary"]
