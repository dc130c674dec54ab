"""What models read of a subscriber: measured, missing where it can't be, and never from later."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from fraud.policy.features import FEATURES, NAMES
from fraud.queries.features import Moment, features_of
from loyalty.operations.settle_redemptions import settle_redemptions
from tests.factories import digest, give_back, invite, post, register, reserve
from tests.fraud.populations import ids_of, usual_people
from tests.fraud.stories import DAY, NOW
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.django_db


def of(name: str, at: datetime) -> dict[str, Any]:
    [row] = features_of([Moment(ids_of([name])[0], at)])
    return dict(zip(NAMES, row, strict=True))


def test_what_cannot_be_measured_is_missing_and_not_zero() -> None:
    register("ann", activated_at=NOW - DAY, now=NOW, card=None)
    found = of("ann", NOW)
    missing = {name for name, value in found.items() if value is None}
    assert missing == {
        "mean_charge",
        "charge_variation",
        "top_up_share",
        "refund_share",
        "chargeback_share",
        "days_since_charge",
        "redeemed_share",
        "bonus_share",
        "minutes_to_first_redemption",
        "others_on_device",
        "others_on_ip",
        "invitees_left_share",
    }
    known = {name: value for name, value in found.items() if value}
    assert known == {"days_active": 1.0}


def test_what_is_measured() -> None:
    begin()
    story_upto(NOW - 82.5 * DAY)
    found = of("ann", NOW)
    assert found == pytest.approx(
        {
            "days_active": 90.0,
            "charges_per_month": 2 / 3,
            "spend_per_month": 4000 / 3,
            "mean_charge": 2000.0,
            "charge_variation": 0.5,
            "top_up_share": 0.75,
            "refund_share": 0.25,
            "chargeback_share": 0.25,
            "days_since_charge": 88.0,
            "redemptions": 1.0,
            "redeemed_share": found["redeemed_share"],
            "bonus_share": 0.0,
            "minutes_to_first_redemption": 4 * 24 * 60.0,
            "others_on_device": 1.0,
            "others_on_ip": None,
            "devices": 1.0,
            "ips": 0.0,
            "cards": 1.0,
            "invited_per_month": 0.0,
            "invited_per_half_year": 1.0,
            "invitees_left_share": 0.0,
            "was_invited": 0.0,
        }
    )
    assert 0 < found["redeemed_share"] < 1
    assert of("eve", NOW)["was_invited"] == 1.0
    assert len(found) == len(FEATURES)


@pytest.mark.parametrize("days", [0, 1, 2, 3, 4, 5, 6, 7, 30])
def test_nothing_that_was_learnt_later_counts(days: int) -> None:
    at = NOW - 90 * DAY + days * DAY + timedelta(minutes=1)
    begin()
    story_upto(at)
    then = of("ann", at)
    story_from(at)
    assert of("ann", at) == then
    if days < 30:
        assert of("ann", NOW) != then


def begin() -> None:
    """Ann comes; then she pays, takes some back, redeems, and invites Eve, who leaves."""
    seen = [digest("device", "phone"), digest("card", "1")]
    start = NOW - 90 * DAY
    register("ann", activated_at=start, now=start, identifiers=seen)


def _steps() -> list[tuple[int, Any]]:
    start = NOW - 90 * DAY
    return [
        (1, lambda at: post("one", "ann", amount_minor=100_000, occurred_at=at, now=at)),
        (
            2,
            lambda at: post(
                "two", "ann", amount_minor=300_000, kind="top_up", occurred_at=at, now=at
            ),
        ),
        (
            3,
            lambda at: give_back(
                "back", "two", "ann", amount_minor=100_000, reason="chargeback",
                occurred_at=at, now=at,
            ),
        ),
        (4, lambda at: reserve("r", 300, "ann", now=at)),
        (5, lambda at: settle_redemptions(redemption_ids=["r"], now=at)),
        (
            6,
            lambda at: register(
                "ben", activated_at=at, now=at, identifiers=[digest("device", "phone")]
            ),
        ),
        (7, lambda at: invite("ann", "eve", now=at)),
        (
            8,
            lambda at: register(
                "eve", status="closed", activated_at=start + 7 * DAY, closed_at=at, now=at
            ),
        ),
    ]  # fmt: skip


def story_upto(at: datetime) -> None:
    for days, tell in _steps():
        if (moment := NOW - 90 * DAY + days * DAY) <= at:
            tell(moment)


def story_from(at: datetime) -> None:
    for days, tell in _steps():
        if (moment := NOW - 90 * DAY + days * DAY) > at:
            tell(moment)


def test_a_list_takes_as_many_statements_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ids_of(usual_people(30, at=NOW))
    counts = []
    for number in (1, 30):
        with statements(monkeypatch) as sent:
            features_of([Moment(each, NOW) for each in ids[:number]])
        counts.append(len(sent))
    assert counts == [4, 4]
