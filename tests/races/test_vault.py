"""Reports, rotations and erasures of the same subscriber at once: what is sealed stays readable."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from accounts.models import Erasure, PersonalData, SubscriberKey
from accounts.operations import put_subscribers, read_personal_data
from accounts.operations.rotate_vault_keys import rotate_data_keys
from accounts.policy.erasure import SubscriberErased
from privacy.operations.erase_subscriber import erase_subscriber
from tests.factories import item, register
from tests.races.conftest import Run, errors

pytestmark = pytest.mark.usefixtures("committed")

ROUNDS = 8


def report(field: str, value: str, now: datetime, status: str = "active") -> object:
    """Report one field of anna's; each report changes the sealed document."""
    said = item(subscriber_id="anna", status=status, personal={field: value})
    return put_subscribers(subscribers=[said], now=now)


def test_reports_beside_rotations_lose_nothing_and_stay_readable(
    at_once: Run, now: datetime
) -> None:
    anna = register("anna", personal={"name": "Anna"}, now=now)
    for n in range(ROUNDS):
        moment = now + timedelta(minutes=n)
        rotate = partial(rotate_data_keys, made_before=moment, now=moment)
        results = at_once(
            rotate,
            partial(report, "name", f"Anna {n}", moment),
            partial(report, "email", f"a{n}@example.com", moment),
            rotate,
        )
        assert errors(results) == []
        known = read_personal_data(subscriber_id=anna.pk, by="ann", reason="a test", now=moment)
        assert known == {"name": f"Anna {n}", "email": f"a{n}@example.com"}


def test_whoever_is_erased_stays_so_whatever_is_reported_meanwhile(
    at_once: Run, now: datetime
) -> None:
    register("anna", personal={"name": "Anna"}, status="closed", now=now)
    erase = partial(erase_subscriber, external_id="anna", basis="Request 1", by="ann", now=now)
    results = at_once(
        erase,
        *(partial(report, "name", f"Anna {n}", now, "closed") for n in range(3)),
        partial(rotate_data_keys, made_before=now + timedelta(days=1), now=now),
        erase,
    )
    assert {type(error) for error in errors(results)} <= {SubscriberErased}
    assert Erasure.objects.count() == 1
    assert not SubscriberKey.objects.exists()
    assert not PersonalData.objects.exists()
