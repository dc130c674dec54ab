"""Benefits and invitations at once: paid once, decided once, limits kept, no circle."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from kernel.refusals import IdReused
from loyalty.models import Payout, Redemption
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts
from loyalty.operations.pay_due import pay_due
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.return_points import decline_redemptions, release_redemptions
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import Reason, SecondVerdictNeeded, StepNotPossible
from loyalty.policy.redemptions import NotReserved
from referrals.models import Referral, ReferralCode
from referrals.operations.join_invitees import JoinOutcome, JoinRequest, join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.operations.vest_referrals import vest_referrals
from referrals.policy.joining import (
    AlreadyInvited,
    JoinItem,
    ReferralCycle,
    ReferralLimitReached,
)
from tests.books import news, rows, wallet
from tests.factories import give_back, invite, post, register, reserve
from tests.loyalty.promises import ask, payout, prove_promises, state, statuses
from tests.races.conftest import errors

Run = Callable[..., list[Any]]

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
LEFT = Reason("invitee_left", "The invitee left.")


@pytest.fixture(autouse=True)
def _everything_is_clear(settings: Any) -> None:
    settings.BENEFIT_SCREEN = "tests.screens.screen"


def promised(count: int, *, now: datetime) -> list[UUID]:
    """A cleared payout of three parts each for so many subscribers."""
    names = [f"s{n}" for n in range(count)]
    for name in names:
        register(name, now=now - 30 * DAY)
    requests = [PayoutRequest(name, "goodwill", "test", "c", 30_000, 1, 3) for name in names]
    outcomes = request_payouts(requests=requests, now=now)
    screen_payouts(now=now)
    return [outcome.payout_id for outcome in outcomes if outcome.payout_id is not None]


def held(name: str, now: datetime, *, value_minor: int = 30_000) -> UUID:
    """A payout that waits for a verdict."""
    return ask(name, subscriber_id="s0", value_minor=value_minor, now=now)


def test_two_payers_at_once_pay_each_part_once(at_once: Run, now: datetime) -> None:
    made = promised(20, now=now)
    late = now + 70 * DAY
    results = at_once(
        *(partial(pay_due, now=late, parts_per_page=size) for size in (3, 7, 1000, 4))
    )
    assert errors(results) == []
    assert sum(results) == 40
    assert {state(each)[0] for each in made} == {"paid"}
    assert len(news("payout.paid")) == 60
    for n in range(20):
        assert wallet(f"s{n}")["available"] == 30_000
    prove_promises()


def test_two_screens_at_once_clear_each_payout_once(at_once: Run, now: datetime) -> None:
    for n in range(20):
        register(f"s{n}", now=now)
        ask("c", subscriber_id=f"s{n}", now=now)
    results = at_once(*(partial(screen_payouts, now=now, payouts_per_page=n) for n in (3, 7, 50)))
    assert errors(results) == []
    screen_payouts(now=now)
    assert rows("SELECT count(*) AS n FROM loyalty_entry WHERE kind = 'grant'") == [{"n": 20}]
    assert set(Payout.objects.values_list("status", flat=True)) == {"paid"}
    prove_promises()


def test_clearing_and_refusing_at_once_let_one_of_them_win(at_once: Run, now: datetime) -> None:
    register("s0", now=now)
    for n in range(6):
        payout_id = held(f"c{n}", now)
        said: dict[str, Any] = {"payout_ids": [payout_id], "reason": "Why.", "now": now}
        results = at_once(
            partial(clear_payouts, by="ann", **said), partial(refuse_payouts, by="ben", **said)
        )
        [lost] = errors(results)
        assert type(lost) is StepNotPossible
        won = "paid" if isinstance(results[1], StepNotPossible) else "refused"
        assert state(payout_id)[0] == won
        prove_promises()


def test_above_the_limit_one_person_in_eight_places_is_one(at_once: Run, now: datetime) -> None:
    register("s0", now=now)
    payout_id = held("c", now, value_minor=300_001)
    say = partial(clear_payouts, payout_ids=[payout_id], reason="Why.", by="ann", now=now)
    results = at_once(*[say] * 8)
    assert {type(error) for error in errors(results)} == {SecondVerdictNeeded}
    assert len(errors(results)) == 7
    assert state(payout_id) == ("requested", [])
    results = at_once(
        *(
            partial(clear_payouts, payout_ids=[payout_id], reason="Why.", by=by, now=now)
            for by in ("ben", "cat")
        )
    )
    [lost] = errors(results)
    assert type(lost) is StepNotPossible
    assert payout(payout_id)["checker"] in ("ben", "cat")
    prove_promises()


def test_taking_back_beside_paying_leaves_nothing_half_done(at_once: Run, now: datetime) -> None:
    late = now + 31 * DAY
    made = promised(6, now=now)
    claims = [Claim(payout_id, LEFT) for payout_id in made]
    results = at_once(
        partial(pay_due, now=late, parts_per_page=2),
        partial(claw_back_payouts, claims=claims, by="ann", now=late),
        partial(pay_due, now=late, parts_per_page=3),
    )
    assert errors(results) == []
    for n, payout_id in enumerate(made):
        assert state(payout_id)[0] == "clawed_back"
        assert set(statuses(payout_id)) <= {"clawed_back", "cancelled"}
        assert (wallet(f"s{n}")["available"], wallet(f"s{n}")["pending"]) == (0, 0)
    prove_promises()


def qualified(count: int, now: datetime) -> datetime:
    """Invitees of as many inviters, who have stayed and paid; the end of their windows."""
    for n in range(count):
        register(f"s{n}", now=now - 30 * DAY)
        invite(f"s{n}", f"i{n}", referral_id=f"r{n}", now=now)
        post("bill", f"i{n}", amount_minor=150_050, occurred_at=now + DAY, now=now + DAY)
    return now + 95 * DAY


def test_two_vestings_at_once_request_each_bonus_once(at_once: Run, now: datetime) -> None:
    late = qualified(12, now)
    results = at_once(
        *(partial(vest_referrals, now=late, referrals_per_page=size) for size in (2, 5, 100))
    )
    assert errors(results) == []
    assert sum(vested.qualified for vested in results) == 12
    assert Payout.objects.filter(kind="referral_bonus").count() == 12
    assert len(news("referral.qualified")) == len(news("payout.requested")) == 12


def test_everything_at_once_ends_as_one_after_another(at_once: Run, now: datetime) -> None:
    late = qualified(8, now)
    for n in range(4):
        give_back("f", "bill", f"i{n}", amount_minor=1, reason="chargeback", now=late)
    jobs = (vest_referrals, screen_payouts, pay_due)
    for _ in range(3):
        assert errors(at_once(*(partial(job, now=late) for job in (*jobs, *jobs)))) == []
    for n in range(8):
        assert wallet(f"s{n}")["available"] == (0 if n < 4 else 10_000)
    prove_promises()


def join(code: str, invitee: str, referral_id: str, now: datetime) -> JoinOutcome:
    request = JoinRequest(JoinItem(referral_id, code, invitee, now))
    [outcome] = join_invitees(requests=[request], now=now)
    return outcome


def newcomers(count: int, now: datetime) -> list[str]:
    names = [f"s{n}" for n in range(count)]
    for name in names:
        register(name, activated_at=now - DAY, now=now)
    return names


def code_of(name: str, now: datetime) -> str:
    return referral_code_of(subscriber_id=name, now=now).code


def test_fifty_joins_at_once_keep_to_the_limit_of_the_month(at_once: Run, now: datetime) -> None:
    inviter, *invitees = newcomers(51, now)
    code = code_of(inviter, now)
    results = at_once(*(partial(join, code, name, f"r-{name}", now) for name in invitees))
    refused = errors(results)
    assert {type(error) for error in refused} == {ReferralLimitReached}
    assert len(refused) == 45
    assert Referral.objects.count() == 5


@pytest.mark.parametrize("sides", [2, 4])
def test_joins_that_would_close_a_circle_from_all_sides_leave_it_open(
    at_once: Run, now: datetime, sides: int
) -> None:
    for turn in range(3):
        names = [f"t{turn}-{n}" for n in range(sides)]
        for name in names:
            register(name, activated_at=now - DAY, now=now)
        codes = [code_of(name, now) for name in names]
        results = at_once(
            *(
                partial(join, codes[n], names[(n + 1) % sides], f"r{turn}-{n}", now)
                for n in range(sides)
            )
        )
        [lost] = errors(results)
        assert type(lost) is ReferralCycle
        assert Referral.objects.count() == (turn + 1) * (sides - 1)


def test_the_same_invitation_from_eight_threads_is_one(at_once: Run, now: datetime) -> None:
    inviter, invitee = newcomers(2, now)
    results = at_once(*[partial(join, code_of(inviter, now), invitee, "r", now)] * 8)
    assert errors(results) == []
    assert sorted(outcome.replayed for outcome in results) == [False] + [True] * 7
    assert Referral.objects.count() == len(news("referral.joined")) == 1


def test_an_id_for_two_invitees_at_once_belongs_to_one(at_once: Run, now: datetime) -> None:
    inviter, *invitees = newcomers(3, now)
    code = code_of(inviter, now)
    results = at_once(*(partial(join, code, name, "r", now) for name in invitees))
    [lost] = errors(results)
    assert type(lost) is IdReused
    assert Referral.objects.count() == 1


def test_two_inviters_of_one_invitee_at_once_let_one_win(at_once: Run, now: datetime) -> None:
    invitee, *inviters = newcomers(5, now)
    results = at_once(
        *(partial(join, code_of(name, now), invitee, f"r-{name}", now) for name in inviters)
    )
    refused = errors(results)
    assert {type(error) for error in refused} == {AlreadyInvited}
    assert len(refused) == 3
    assert Referral.objects.count() == 1


def test_a_code_asked_for_at_once_is_one(at_once: Run, now: datetime) -> None:
    newcomers(1, now)
    results = at_once(*[partial(code_of, "s0", now)] * 8)
    assert errors(results) == []
    assert len(set(results)) == ReferralCode.objects.count() == 1


def test_the_same_benefit_requested_at_once_is_requested_once(at_once: Run, now: datetime) -> None:
    newcomers(1, now)
    results = at_once(*[partial(ask, "c", subscriber_id="s0", now=now)] * 8)
    assert errors(results) == []
    assert len(set(results)) == Payout.objects.count() == len(news("payout.requested")) == 1


@pytest.mark.parametrize("decide", [clear_redemptions, decline_redemptions])
def test_taking_a_redemption_back_beside_a_verdict_moves_its_points_once(
    at_once: Run, now: datetime, settings: Any, decide: Callable[..., object]
) -> None:
    settings.BENEFIT_SCREEN = ""
    register("ann", now=now - DAY)
    post("c", "ann", now=now - DAY)
    for n in range(6):
        name = f"r{n}"
        assert reserve(name, 100, "ann", now=now).redemption.status == "in_review"
        results = at_once(
            partial(decide, redemption_ids=[name], reason="Why", by="sue", now=now),
            partial(release_redemptions, redemption_ids=[name], now=now),
        )
        status = Redemption.objects.get(redemption_id=name).status
        lost = [type(error) for error in errors(results)]
        if status == "declined":
            assert lost == [NotReserved]
        else:
            # What was cleared first is released from its reservation.
            assert status == "released"
            assert lost in ([], [StepNotPossible])
        assert (wallet("ann")["available"], wallet("ann")["reserved"]) == (1000, 0)
        prove_promises()
