"""Lists come in pages, each naming where the next one begins."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from doors.models import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.charges")]

Bearer = Callable[..., str]
Read = Callable[[str], Any]


@pytest.fixture
def read(browser: Browser, bearer: Bearer) -> Read:
    for number in range(5):
        Client.objects.create(
            name=f"listed-{number}",
            client_id=f"listed-{number}",
            client_type=Client.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
            hash_client_secret=False,
            is_enabled=number != 3,
        )
    token = bearer()
    return lambda path: browser.get(f"/api/v1/{path}", headers={"authorization": token})


def all_pages(read: Read, path: str) -> list[list[str]]:
    pages, cursor = [], ""
    while True:
        body = read(path + cursor).json()
        pages.append([row["name"][-1] for row in body["data"]])
        if body["next"] is None:
            return pages
        cursor = f"&after={body['next']}"


def test_pages_cover_everything_once(read: Read) -> None:
    assert all_pages(read, "clients?limit=2") == [["0", "1"], ["2", "3"], ["4"]]
    assert all_pages(read, "clients?limit=5") == [["0", "1", "2", "3", "4"]]


def test_pages_go_backwards_and_by_ids(read: Read) -> None:
    assert all_pages(read, "clients-by-id?limit=3") == [["4", "3", "2"], ["1", "0"]]


def test_pages_are_filtered(read: Read) -> None:
    assert all_pages(read, "clients?limit=9&is_enabled=false") == [["3"]]
    assert all_pages(read, "clients?limit=9&name=listed-1") == [["1"]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("after=x", "after"),
        ("after=9223372036854775808", "after"),
        ("after=99999999999999999999999", "after"),
        ("name=%00", "name"),
        ("name=a&name=b", "name"),
        ("offset=1", "offset"),
    ],
)
def test_a_faulty_parameter_is_400(read: Read, query: str, parameter: str) -> None:
    response = read(f"clients?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == parameter
