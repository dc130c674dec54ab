"""How many statements the verbs of high volume need, whatever the number of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from loyalty.ledger.connection import FEW
from loyalty.models import Lot
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from tests.factories import charge, register

DAY = timedelta(days=1)


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every statement that is sent, Django's and the ledger's own, COPY among them."""
    sent: list[Any] = []
    for name in ("execute", "copy"):
        run = getattr(psycopg.Cursor, name)

        def counted(self: Any, query: Any, *args: Any, run: Any = run, **kwargs: Any) -> Any:
            sent.append(query)
            return run(self, query, *args, **kwargs)

        monkeypatch.setattr(psycopg.Cursor, name, counted)
    try:
        yield sent
    finally:
        monkeypatch.undo()


def posted(count: int, *, each: int, at: datetime, now: datetime) -> None:
    """`each` charges of `count` subscribers, posted as one list."""
    charges = [
        charge(f"{at:%Y%m%d}-{place}", subscriber_id=f"s{number}", occurred_at=at + place * DAY)
        for number in range(count)
        for place in range(each)
    ]
    assert all(outcome.points_earned for outcome in post_charges(charges=charges, now=now))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("shorter", "longer"), [(1, FEW - 1), (FEW, 5 * FEW)])
def test_posting_takes_as_many_for_a_longer_list(
    shorter: int, longer: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(longer):
        register(f"s{number}", now=now)
    posted(longer, each=1, at=now - 50 * DAY, now=now)
    counts = []
    for at, count in ((now - 40 * DAY, shorter), (now - 30 * DAY, longer)):
        with statements(monkeypatch) as sent:
            posted(count, each=1, at=at, now=now)
        counts.append(len(sent))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("count", "each"), [(1, FEW - 1), (FEW - 1, 2), (2 * FEW, 3)])
def test_expiry_takes_as_many_for_a_fuller_page(
    count: int, each: int, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Beyond it the size of a sweep is measured against all points, in a statement more.
    settings.SWEEP_POINTS_MAX = 10**9
    for number in range(count):
        register(f"s{number}", now=now)
    counts = []
    for lots, at in ((1, now - 2 * 366 * DAY), (each, now - 2 * 366 * DAY + 9 * DAY)):
        posted(count, each=lots, at=at, now=now)
        with statements(monkeypatch) as sent:
            assert expire_points(now=now) == count * lots
        counts.append(len(sent))
    assert not Lot.objects.filter(remaining__gt=0).exists()
    assert counts[0] == counts[1]
