"""The demo's generated referrals: how many of each kind, within the rules of the program."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from demo.operations.load_demo import customers_of_the_file
from demo.policy.customers import Life, life_of
from demo.policy.invitations import (
    BROUGHT_ENOUGH,
    BROUGHT_LITTLE,
    LEFT_EARLY,
    OWN_DEVICE,
    RING_SIZE,
    RINGS,
    Invitation,
    Invitations,
    invitations_among,
)
from demo.policy.steps import steps_until

AS_OF = datetime(2026, 3, 17, 9, 41, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Moscow")


@pytest.fixture(scope="module")
def lives() -> dict[str, Life]:
    found = [life_of(customer, AS_OF, ZONE) for customer in customers_of_the_file()]
    return {life.customer.subscriber_id: life for life in found}


def generated(lives: dict[str, Life]) -> Invitations:
    everybody = list(lives.values())
    starts_at = steps_until(everybody, AS_OF, ZONE)[0].after
    return invitations_among(everybody, starts_at, AS_OF, ZONE)


@pytest.fixture(scope="module")
def made(lives: dict[str, Life]) -> Invitations:
    return generated(lives)


def of_kind(made: Invitations, kind: str) -> list[Invitation]:
    return [i for i in made.invitations if i.referral_id.startswith(f"generated-{kind}-")]


def test_they_are_the_same_each_time(lives: dict[str, Life], made: Invitations) -> None:
    assert generated(lives) == made


def test_nearly_as_many_of_each_kind_as_were_wanted(made: Invitations) -> None:
    """Somebody who came first had nobody who could have invited them."""
    assert len(of_kind(made, "honest")) >= BROUGHT_ENOUGH + BROUGHT_LITTLE - 5
    assert len(of_kind(made, "left")) == LEFT_EARLY
    assert len(of_kind(made, "self")) == OWN_DEVICE
    assert len(of_kind(made, "ring")) == len(RINGS) * (RING_SIZE - 1)
    assert len({i.invitee_id for i in made.invitations}) == len(made.invitations)
    late = [i for i in made.invitations if i.reported_at > i.joined_at]
    assert 20 < len(late) < 80


def test_everybody_is_invited_by_somebody_active_who_was_there_before(
    lives: dict[str, Life], made: Invitations
) -> None:
    per_month: Counter[tuple[str, str]] = Counter()
    for invitation in made.invitations:
        month = f"{invitation.joined_at.astimezone(ZONE):%Y-%m}"
        per_month[invitation.inviter_id, month] += 1
        if not invitation.invitee_id.startswith("GENERATED-"):
            inviter, invitee = lives[invitation.inviter_id], lives[invitation.invitee_id]
            assert inviter.activated_at < invitee.activated_at < invitation.joined_at
            assert inviter.closed_at is None or inviter.closed_at > invitation.joined_at
            assert invitation.joined_at < invitee.activated_at + timedelta(days=30)
    assert max(per_month.values()) <= 5


def test_a_self_referral_is_on_the_inviters_device(
    lives: dict[str, Life], made: Invitations
) -> None:
    for invitation in of_kind(made, "self"):
        assert invitation.device == lives[invitation.inviter_id].customer.device
    for invitation in of_kind(made, "honest"):
        assert invitation.device == lives[invitation.invitee_id].customer.device


def test_accounts_of_rings_share_one_thing_and_pay_just_above_the_threshold(
    made: Invitations,
) -> None:
    for ring in RINGS:
        accounts = [each for each in made.ring_accounts if each.ring == ring]
        seen = {
            "card": len({each.card for each in accounts}),
            "device": len({each.device for each in accounts}),
            "ip": len({each.ip for each in accounts}),
        }
        assert seen == {**dict.fromkeys(seen, RING_SIZE), ring.shares: 1}
        assert all(150_000 <= each.amount_minor <= 160_000 for each in accounts)
        assert len({each.msisdn for each in accounts}) == RING_SIZE


def test_a_short_history_has_no_room_for_rings(lives: dict[str, Life]) -> None:
    newest = [life for life in lives.values() if AS_OF - life.activated_at < timedelta(days=90)]
    starts_at = min(life.activated_at for life in newest)
    assert not invitations_among(newest, starts_at, AS_OF, ZONE).ring_accounts
