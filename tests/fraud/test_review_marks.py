"""What stood on an identifier is taken back when nobody else has it any more, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from accounts.models import Subscriber
from accounts.operations import GivenUp
from fraud.models import (
    Assessment,
    Case,
    CaseEvent,
    SubscriberStanding,
)
from fraud.operations.review_marks import Reviewed, review_marks
from fraud.operations.screen_registrations import screen_registrations
from fraud.operations.set_standings import set_standings
from fraud.policy.facts import Facts, Match
from fraud.queries.figures import fraud_figures
from fraud.queries.marks import around_ended_uses
from fraud.tasks import review_marks as review_marks_task
from loyalty.models import Payout, Redemption
from loyalty.operations.screen_payouts import screen_payouts
from outbox.models import Event
from referrals.models import Referral
from tests.books import dump, news
from tests.factories import digest, post, register, reserve
from tests.fraud.stories import DAY, NOW
from tests.loyalty.promises import ask

pytestmark = pytest.mark.django_db

CARD = digest("card", "the same")
BEFORE = NOW - 90 * DAY
HOUR = timedelta(hours=1)


def seller(now: datetime = BEFORE, **said: Any) -> Subscriber:
    return register("seller", activated_at=BEFORE, now=now, **said)


def buyer(now: datetime = NOW, **said: Any) -> Subscriber:
    made = register("buyer", activated_at=NOW - DAY, now=now, **said)
    screen_registrations(names=["buyer"], now=now)
    return made


def standing(name: str = "buyer") -> tuple[str, str] | None:
    found = SubscriberStanding.objects.filter(subscriber__external_id=name).first()
    return None if found is None else (found.standing, found.set_by)


def marked() -> None:
    """A buyer who is watched because of a card that its seller had given up, unreported."""
    seller(identifiers=[CARD])
    buyer(identifiers=[CARD])
    assert standing() == ("watched", "screen")


def given_up() -> None:
    seller(NOW + HOUR, given_up=[GivenUp(CARD, NOW - 5 * DAY)])


def test_a_mark_is_cleared_when_its_match_has_ended() -> None:
    marked()
    assert review_marks(now=NOW + HOUR) == Reviewed(0, 0, 0, 0)
    given_up()
    later = NOW + 2 * HOUR
    assert review_marks(now=later) == Reviewed(marks=1, referrals=0, benefits=0, cases=1)
    assert standing() == ("normal", "screen")
    case = Case.objects.get()
    assert (case.status, case.verdict, case.decided_by) == ("closed", "inconclusive", "screen")
    why = CaseEvent.objects.get(case=case, step="close").reason
    assert why == SubscriberStanding.objects.get().reason
    assert "counts no more" in why
    trail = apps.get_model("fraud", "SubscriberStandingEvent")
    assert trail._default_manager.filter(standing="normal", set_by="screen").exists()
    assert news("case.closed")[0]["decided_by"] == "screen"
    before = dump()
    assert review_marks(now=later) == Reviewed(0, 0, 0, 0)
    assert dump() == before


def test_a_number_that_was_reported_late_clears_its_new_owner() -> None:
    number = digest("phone", "+79990000001")
    seller(msisdn=number)
    buyer(msisdn=number)
    assert standing() == ("watched", "screen")
    seller(NOW + HOUR, msisdn=digest("phone", "+79990000002"))
    assert review_marks(now=NOW + HOUR).marks == 1


def test_what_something_else_supports_stays() -> None:
    passport = digest("passport", "their own")
    seller(identifiers=[CARD, passport])
    buyer(identifiers=[CARD, passport])
    given_up()
    assert review_marks(now=NOW + 2 * HOUR) == Reviewed(0, 0, 0, 0)
    assert standing() == ("watched", "screen")


def test_what_a_person_set_stays() -> None:
    marked()
    key = Subscriber.objects.get(external_id="buyer").pk
    said: dict[str, Any] = {"by": "sue", "now": NOW, "reason": "I have seen them."}
    set_standings(subscriber_ids=[key], standing="normal", **said)
    set_standings(subscriber_ids=[key], standing="watched", **said)
    given_up()
    assert review_marks(now=NOW + 2 * HOUR).marks == 0
    assert standing() == ("watched", "sue")


def test_a_case_that_somebody_is_at_work_with_stays() -> None:
    marked()
    Case.objects.update(status="claimed", claimed_by="sue", claimed_at=NOW)
    given_up()
    review_marks(now=NOW + 2 * HOUR)
    assert Case.objects.get().status == "claimed"


def test_only_those_around_what_ended_are_looked_at() -> None:
    marked()
    other = digest("card", "another")
    register("third", activated_at=BEFORE, now=BEFORE, identifiers=[other])
    register("fourth", activated_at=NOW - DAY, now=NOW, identifiers=[other])
    screen_registrations(names=["fourth"], now=NOW)
    given_up()
    among = around_ended_uses(names=["seller"])
    names = set(Subscriber.objects.filter(pk__in=among).values_list("external_id", flat=True))
    assert names == {"seller", "buyer"}
    register("third", activated_at=BEFORE, now=NOW + HOUR, given_up=[GivenUp(other, NOW - 5 * DAY)])
    assert review_marks(now=NOW + 2 * HOUR, among=among).marks == 1
    assert standing("fourth") == ("watched", "screen")


def test_the_end_of_a_use_is_heard_at_once() -> None:
    marked()
    given_up()
    ended = Event.objects.filter(name="subscriber.identifiers_ended")
    ids = list(ended.values_list("pk", flat=True))
    assert review_marks_task(event_ids=ids).marks == 1


def test_a_redemption_that_waits_for_a_mark_alone_is_let_out() -> None:
    marked()
    post("bill", "buyer", amount_minor=100_000, occurred_at=NOW - HOUR, now=NOW)
    reserve("r", 100, "buyer", payment_instrument=digest("card", "own"), now=NOW)
    assert Redemption.objects.get().status == "in_review"
    given_up()
    reviewed = review_marks(now=NOW + 2 * HOUR)
    assert (reviewed.marks, reviewed.benefits) == (1, 1)
    assert Redemption.objects.get().status == "reserved"
    assert not Case.objects.exclude(status="closed").exists()


@pytest.mark.parametrize("is_alike", [True, False])
def test_a_referral_that_the_screen_refused_is_joined_again(is_alike: bool) -> None:
    invitee = register("invitee", activated_at=NOW - DAY, now=NOW)
    inviter = seller()
    Referral.objects.create(
        referral_id="r", inviter=inviter, invitee=invitee, status="refused",
        reason="refused_by_screen", terms=1, joined_at=NOW, month=NOW.date().replace(day=1),
        window_ends_at=NOW + 90 * DAY, fingerprint=b"1" * 16, reported_at=NOW, decided_at=NOW,
    )  # fmt: skip
    matches = () if is_alike else (Match("card", "inviter"),)
    facts = Facts("join", "join", 30_000, matches=matches)
    Assessment.objects.create(
        subject_type="join", subject_id="r", subscriber=inviter, kind="join", value_minor=30_000,
        assessed_at=NOW, rule_set=1, is_shadow=False, facts=facts.content(), contributions=[],
        hits=[], faults=[], score_millionths=1_300_000, band="high", outcome="refuse",
        meaning=b"1" * 16,
    )  # fmt: skip
    reviewed = review_marks(now=NOW + HOUR)
    assert reviewed.referrals == (0 if is_alike else 1)
    assert Referral.objects.get().status == ("refused" if is_alike else "joined")
    assert len(news("referral.joined")) == reviewed.referrals


@pytest.mark.parametrize(("value_minor", "status"), [(30_000, "paid"), (400_000, "in_review")])
def test_a_payout_that_waits_for_a_mark_alone_is_let_out_up_to_the_four_eyes_limit(
    value_minor: int, status: str
) -> None:
    seller(identifiers=[CARD])
    register("subscriber", activated_at=NOW - DAY, now=NOW, identifiers=[CARD])
    screen_registrations(names=["subscriber"], now=NOW)
    payout_id = ask(value_minor=value_minor, now=NOW)
    screen_payouts(now=NOW)
    assert Payout.objects.get(pk=payout_id).status == "in_review"
    given_up()
    review_marks(now=NOW + 2 * HOUR)
    assert Payout.objects.get(pk=payout_id).status == status
    is_open = Case.objects.filter(subject_type="payout").exclude(status="closed").exists()
    assert is_open is (status == "in_review")
    # No person has let it out, nor decided its case.
    figures = fraud_figures(since=NOW - DAY, until=NOW + DAY, now=NOW + DAY)
    assert figures.analysts == []
    assert figures.rates.inconclusive == 0
    assert sum(week.released_minor for week in figures.weeks) == 0


def test_a_payout_that_a_person_has_a_say_in_waits_for_the_second() -> None:
    seller(identifiers=[CARD])
    register("subscriber", activated_at=NOW - DAY, now=NOW, identifiers=[CARD])
    screen_registrations(names=["subscriber"], now=NOW)
    payout_id = ask(value_minor=30_000, now=NOW)
    screen_payouts(now=NOW)
    Payout.objects.update(maker="sue", proposed_verdict="refuse")
    given_up()
    review_marks(now=NOW + 2 * HOUR)
    assert Payout.objects.get(pk=payout_id).status == "in_review"
