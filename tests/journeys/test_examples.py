"""The examples of the OpenAPI document are true: sent in their order, they are accepted."""

from typing import Any

from accounts.api.views import EXAMPLE as SUBSCRIBER
from loyalty.api import examples
from tests.journeys.conftest import Billing


def asked(shown: list[Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(each.value for each in shown if each.request_only)
    return body


def answered(shown: list[Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(each.value for each in shown if each.response_only)
    return body


def test_one_subscribers_way_from_a_bill_to_credit(billing: Billing) -> None:
    assert billing.put("/subscribers/S-1001", SUBSCRIBER).status_code == 201

    charged = billing.post("/charges", asked(examples.CHARGE))
    assert charged.status_code == 201
    made, shown = charged.json(), answered(examples.CHARGE)
    # What the month was worth depends on the month in which this runs.
    made["wallet"].pop("month")
    assert made == {**shown, "wallet": {k: v for k, v in shown["wallet"].items() if k != "month"}}

    batch = billing.post("/charges/batch", asked(examples.BATCH)).json()
    assert [result["status"] for result in batch["results"]] == ["replayed"]

    for preview in examples.PREVIEW:
        assert billing.post("/program/preview", preview.value).status_code == 200

    redemption = asked(examples.REDEMPTION)
    assert billing.post("/redemptions", redemption).status_code == 201
    settle = f"/redemptions/{redemption['redemption_id']}/settle"
    assert billing.post(settle, asked(examples.SETTLEMENT)).json()["status"] == "settled"

    refund = f"/charges/{made['charge_id']}/refunds"
    assert billing.post(refund, asked(examples.REFUND)).status_code == 201
