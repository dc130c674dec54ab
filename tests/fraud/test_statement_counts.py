"""A screening takes as many statements for one subject as for fifty."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from fraud.models import Assessment
from fraud.operations.screen import screen
from loyalty.policy.gate import Subject
from tests.factories import digest, register
from tests.loyalty.test_statement_counts import statements

DAY = timedelta(days=1)


def screened(keys: list[int], name: str, now: datetime, monkeypatch: Any) -> int:
    subjects = [Subject("redemption", f"{name}-{key}", key, "bill_credit", 10_000) for key in keys]
    with statements(monkeypatch) as sent:
        screen(subjects=subjects, now=now)
    return len(sent)


@pytest.mark.usefixtures("db")
def test_a_longer_page_takes_as_many(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [digest("device", "tablet"), digest("address", "home"), digest("ip", "1.2.3.4")]
    keys = [
        register(f"s{n}", identifiers=shared, now=now - 100 * DAY - n * DAY).pk for n in range(50)
    ]
    screened(keys, "warm", now, monkeypatch)
    one = screened(keys[:1], "one", now, monkeypatch)
    fifty = screened(keys, "fifty", now, monkeypatch)
    assert one == fifty
    # What is found again is read and not written, and nothing more is asked for it.
    again = screened(keys, "fifty", now, monkeypatch)
    assert again <= fifty
    assert Assessment.objects.count() == 101
