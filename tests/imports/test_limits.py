"""An uploaded file is no way around the daily limit of the client that uploads it."""

from datetime import datetime

import pytest

from doors.models import Client
from imports.api.rows import ChargeRows
from loyalty.models import Charge, DailyUse
from tests.factories import charge, register

pytestmark = pytest.mark.django_db


def test_rows_count_against_the_clients_limit(api_client: Client, now: datetime) -> None:
    Client.objects.update(daily_charge_limit_minor=250_000)
    register("subscriber", now=now)
    rows = ChargeRows()
    first = rows.take_in([charge("a"), charge("b")], now=now, reported_at=now, by="client:billing")
    assert [outcome.fault for outcome in first] == [None, None]
    second = rows.take_in([charge("c")], now=now, reported_at=now, by="client:billing")
    assert [outcome.fault and outcome.fault.code for outcome in second] == ["client_limit_exceeded"]
    assert Charge.objects.count() == 2
    assert DailyUse.objects.get().used_minor == 200_000


def test_people_and_clients_without_a_limit_are_not_counted(
    api_client: Client, now: datetime
) -> None:
    register("subscriber", now=now)
    for by, charge_id in (("vera", "a"), ("client:billing", "b"), ("client:gone", "c")):
        [outcome] = ChargeRows().take_in([charge(charge_id)], now=now, reported_at=now, by=by)
        assert outcome.fault is None
    assert not DailyUse.objects.exists()
