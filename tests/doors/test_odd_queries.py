"""Whatever a query parameter of the API says, and if it is said twice: 400 and not 500."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from doors.scopes import SCOPES
from tests.doors.test_scopes import NOBODY, documented

pytestmark = pytest.mark.django_db

VALUES = ("%00", "a%00b", "%ED%A0%80", "%ff", "9" * 40, "a" * 300)


def asked() -> list[tuple[str, str]]:
    """Every parameter of every operation that has some, each with the operation's address."""
    found = []
    for operation, described in documented().items():
        method, _, path = operation.partition(" ")
        parameters = described.get("parameters", ())
        for parameter in parameters:
            said = NOBODY if parameter["schema"].get("format") == "uuid" else "0"
            path = path.replace(f"{{{parameter['name']}}}", said)
        if method == "GET":
            found += [(path, each["name"]) for each in parameters if each["in"] == "query"]
    return found


def test_no_value_breaks_a_call(browser: Browser, bearer: Callable[..., str]) -> None:
    headers = {"authorization": bearer(*SCOPES)}
    calls = asked()
    assert len(calls) > 20
    for path, name in calls:
        # What stands beneath something that isn't there is not read.
        refused = (400, 404) if "/0" in path or NOBODY in path else (400,)
        for value in VALUES:
            answer = browser.get(f"{path}?{name}={value}", headers=headers)
            assert answer.status_code in (200, 400, 404), (path, name, value)
            if "%00" in value:
                assert answer.status_code in refused, (path, name)
        answer = browser.get(f"{path}?{name}=1&{name}=1", headers=headers)
        assert answer.status_code in refused, (path, name)
