"""Identifiers through every door of the API: what is kept, what is passed over, what is refused."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from accounts.models import Identifier, IdentifierUse
from tests.books import dump
from tests.journeys.conftest import Billing, subscriber_body

_ids = count(1)

PLACEHOLDERS = {
    "passport": "0000 000000",
    "card": "N/A",
    "device": "NO_IMEI",
    "ip": "192.168.1.7",
    "email": "none@none",
    "address": "Москва",
    "phone": "нет",
}
CARD = "4111 1111 1111 1111"
MASKED = "411111******1111"


def kinds_of(subscriber_id: str) -> list[str]:
    uses = IdentifierUse.objects.filter(subscriber__external_id=subscriber_id)
    return sorted(uses.values_list("identifier__kind", flat=True))


def redemption(subscriber_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "redemption_id": f"r-{next(_ids)}",
        "subscriber_id": subscriber_id,
        "points": 100,
        "reward": "bill_credit",
        **changes,
    }


def charged(billing: Billing, **changes: Any) -> str:
    subscriber_id = billing.subscriber(**changes)
    charge = {
        "charge_id": f"c-{next(_ids)}",
        "subscriber_id": subscriber_id,
        "amount": "1000.00",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": "2026-10-01T10:00:00+03:00",
    }
    assert billing.post("/charges", charge).status_code == 201
    return subscriber_id


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


def test_a_report_leaves_out_what_names_nobody(billing: Billing) -> None:
    said = [{"kind": kind, "value": value} for kind, value in PLACEHOLDERS.items()]
    known = {"kind": "device", "value": "device-of-ann"}
    subscriber_id = billing.subscriber(identifiers=[*said, known])
    assert kinds_of(subscriber_id) == ["device", "phone"]
    shown = billing.get(f"/subscribers/{subscriber_id}").json()["identifiers"]
    assert sorted(each["kind"] for each in shown) == ["device", "phone"]
    reason = f"/subscribers/{subscriber_id}/personal?reason=test"
    personal = billing.get(reason).json()
    assert (personal["email"], personal["address"]) == (None, None)


def test_strangers_with_a_placeholder_share_nothing(billing: Billing) -> None:
    said = [{"kind": kind, "value": value} for kind, value in PLACEHOLDERS.items()]
    for _ in range(3):
        billing.subscriber(identifiers=said)
    shared = [each for each in Identifier.objects.all() if each.uses.count() > 1]
    assert shared == []


def test_one_device_in_two_spellings_is_one(billing: Billing) -> None:
    spellings = ["35-209900-176148-1", "352099001761481", "3520990017614823", "35209900176148"]
    for written in spellings:
        billing.subscriber(identifiers=[{"kind": "device", "value": written}])
    assert Identifier.objects.get(kind="device").uses.count() == len(spellings)


def test_one_network_is_one_and_its_place_is_known(billing: Billing) -> None:
    for host in ("1", "ffff:ffff:ffff:ffff", "8d3:e0ff:fe28:9"):
        address = f"2a02:6b8:0:1:{host}" if ":" in host else f"2a02:6b8:0:1::{host}"
        billing.subscriber(identifiers=[{"kind": "ip", "value": address}])
    network = Identifier.objects.get(kind="ip")
    assert network.uses.count() == 3
    assert network.country == "RU"


def test_an_email_address_has_a_mailbox_that_the_api_does_not_list(billing: Billing) -> None:
    said = {"kind": "email", "value": "Ann.Smith+shop@googlemail.com"}
    subscriber_id = billing.subscriber(identifiers=[said])
    assert kinds_of(subscriber_id) == ["email", "mailbox", "phone"]
    shown = billing.get(f"/subscribers/{subscriber_id}").json()["identifiers"]
    assert sorted(each["kind"] for each in shown) == ["email", "phone"]


@pytest.mark.parametrize("value", [CARD, "4111111111111111", MASKED, "**** 1111"])
def test_a_cards_number_is_refused_and_repeated_nowhere(
    billing: Billing, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber_id = charged(billing)
    caplog.set_level(logging.DEBUG)
    before = dump()
    asked = {"subscriber_id": subscriber_id, "points": 100, "payment_instrument": value}
    said = [{"kind": "card", "value": value}]
    answers = {
        "/identifiers/0/value": billing.put(
            "/subscribers/new", {**subscriber_body(), "identifiers": said}
        ),
        "/payment_instrument": billing.post(
            "/redemptions", redemption(subscriber_id, payment_instrument=value)
        ),
        "/redemption/payment_instrument": billing.post("/program/preview", {"redemption": asked}),
    }
    for pointer, answer in answers.items():
        assert faults(answer) == [(pointer, "card_number")]
        assert "fingerprint" in answer.json()["errors"][0]["detail"]
        assert value not in answer.content.decode()
    assert dump() == before
    assert value not in caplog.text


def test_a_placeholder_instrument_is_none(billing: Billing) -> None:
    without = charged(billing, identifiers=[])
    refused = billing.post("/redemptions", redemption(without, payment_instrument="N/A"))
    assert (refused.status_code, refused.json()["code"]) == (422, "payment_instrument_missing")
    member = charged(billing)
    body = redemption(member, payment_instrument="0000000000000000", device="NO_IMEI", ip="::1")
    assert billing.post("/redemptions", body).status_code == 201
    assert kinds_of(member) == ["card", "phone"]
    # Kept as absent: the request means the same without them.
    absent = {**body, "payment_instrument": None}
    del absent["device"], absent["ip"]
    again = billing.post("/redemptions", absent)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")


def test_another_spelling_of_a_device_is_the_same_request(billing: Billing) -> None:
    body = redemption(charged(billing), device="AA:BB:CC:DD:EE:0F", ip="2001:db8::1")
    assert billing.post("/redemptions", body).status_code == 201
    again = billing.post("/redemptions", {**body, "device": "aabbccddee0f", "ip": "2001:db8::2"})
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")


def test_a_join_leaves_out_what_names_nobody(billing: Billing) -> None:
    lately = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    inviter, invitee = billing.subscriber(), billing.subscriber(activated_at=lately)
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    body = {"referral_id": "ref", "referral_code": code, "invitee_id": invitee}
    sent = {**body, "device": "00000000-0000-0000-0000-000000000000", "ip": "10.0.0.1"}
    assert billing.post("/referrals", sent).status_code == 201
    assert kinds_of(invitee) == ["card", "phone"]
    assert billing.post("/referrals", body).status_code == 200


@pytest.mark.parametrize("msisdn", ["+7916123XXXX", "8916FLOWERS", "916123456", "+70000000000"])
def test_a_number_that_nobody_sent_is_refused(billing: Billing, msisdn: str) -> None:
    answer = billing.put("/subscribers/new", {**subscriber_body(), "msisdn": msisdn})
    assert faults(answer) == [("/msisdn", "not_a_phone_number")]
    said = [{"kind": "phone", "value": "+7916123XXXX"}]
    answer = billing.put("/subscribers/new", {**subscriber_body(), "identifiers": said})
    assert faults(answer) == [("/identifiers/0/value", "not_of_this_kind")]
    assert not Identifier.objects.exists()


def test_a_test_range_is_named_in_the_settings(billing: Billing, settings: Any) -> None:
    body = {**subscriber_body(), "msisdn": "8 (000) 123-45-67"}
    assert billing.put("/subscribers/tested", body).status_code == 400
    settings.PHONE_TEST_RANGES = ["+7000"]
    assert billing.put("/subscribers/tested", body).status_code == 201


def _handset(until: datetime | None = None) -> list[dict[str, Any]]:
    said: dict[str, Any] = {"kind": "device", "value": "49-015420-323751-8"}
    return [{**said, "until": until.isoformat()}] if until else [said]


def _ends(subscriber_id: str) -> list[datetime | None]:
    uses = IdentifierUse.objects.filter(subscriber__external_id=subscriber_id)
    return list(uses.filter(identifier__kind="device").values_list("ended_at", flat=True))


def test_an_identifier_is_given_up_and_taken_again(billing: Billing) -> None:
    """A report says until when; another spelling is the same identifier."""
    until = datetime.now(UTC) - timedelta(days=2)
    subscriber_id = billing.subscriber(identifiers=_handset())
    assert _ends(subscriber_id) == [None]
    other_spelling = {**_handset(until)[0], "value": "490154203237518"}
    body = {**subscriber_body(), "identifiers": [other_spelling]}
    answer = billing.put(f"/subscribers/{subscriber_id}", body)
    assert answer.status_code == 200, answer.content
    assert _ends(subscriber_id) == [until]
    body = {**subscriber_body(), "identifiers": _handset()}
    assert billing.put(f"/subscribers/{subscriber_id}", body).status_code == 200
    assert _ends(subscriber_id) == [None]


@pytest.mark.parametrize("until", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", 5, True])
def test_an_end_that_is_no_moment_is_refused(billing: Billing, until: Any) -> None:
    subscriber_id = billing.subscriber(identifiers=_handset())
    body = {**subscriber_body(), "identifiers": [{**_handset()[0], "until": until}]}
    before = dump()
    [(pointer, _)] = faults(billing.put(f"/subscribers/{subscriber_id}", body))
    assert pointer == "/identifiers/0/until"
    assert dump() == before
    assert _ends(subscriber_id) == [None]


def test_an_end_in_the_future_is_refused(billing: Billing) -> None:
    subscriber_id = billing.subscriber(identifiers=_handset())
    body = {**subscriber_body(), "identifiers": _handset(datetime.now(UTC) + timedelta(days=1))}
    answer = billing.put(f"/subscribers/{subscriber_id}", body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "identifier_ends_in_the_future"
    assert _ends(subscriber_id) == [None]
