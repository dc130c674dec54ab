"""Joining by an invitation: once per invitee, within limits, without circles."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from accounts.models import IdentifierUse
from accounts.operations import GivenUp
from accounts.queries.subscribers import NoSuchSubscriber
from kernel.refusals import IdReused, Refusal
from loyalty.policy.standing import OccurredInTheFuture, UnknownSubscriber
from loyalty.policy.terms import ReferralTerms, Terms
from referrals.models import Referral, ReferralCode
from referrals.operations.join_invitees import JoinOutcome, JoinRequest, join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.policy.codes import shown_code
from referrals.policy.joining import (
    AlreadyInvited,
    InviteeWasSubscriber,
    InviterNotActive,
    JoinedTooLate,
    JoinItem,
    OwnReferralCode,
    ReferralCycle,
    ReferralLimitReached,
    UnknownReferralCode,
)
from tests.books import dump, news
from tests.factories import activate, digest, register

DAY = timedelta(days=1)


def request(code: str, invitee: str = "invitee", **said: Any) -> JoinRequest:
    item = JoinItem(said.pop("referral_id", f"ref-{invitee}"), code, invitee, said.pop("at", None))
    return JoinRequest(item, **said)


def join(code: str, invitee: str = "invitee", *, now: datetime, **said: Any) -> JoinOutcome:
    [outcome] = join_invitees(requests=[request(code, invitee, **said)], now=now)
    return outcome


def code_of(name: str, now: datetime) -> str:
    return referral_code_of(subscriber_id=name, now=now).code


@pytest.fixture
def invitee(code: str, now: datetime) -> str:
    """Somebody activated five days ago."""
    register("invitee", activated_at=now - 5 * DAY, now=now)
    return "invitee"


def refused(refusal: type[Refusal], *requests: JoinRequest, now: datetime) -> None:
    """Join, be refused, and leave nothing behind."""
    before = dump()
    with pytest.raises(refusal) as caught:
        join_invitees(requests=requests, now=now)
    assert type(caught.value) is refusal
    assert dump() == before


@pytest.mark.usefixtures("invitee")
def test_an_invitee_joins(code: str, now: datetime) -> None:
    made = join(code, at=now - DAY, now=now)
    assert not made.replayed
    referral = made.referral
    assert (referral.status, referral.terms, referral.reason) == ("joined", 1, "")
    assert (referral.joined_at, referral.reported_at) == (now - DAY, now)
    assert referral.window_ends_at == datetime(2026, 6, 12, 9, 41, 7, 250_001, tzinfo=UTC)
    assert f"{referral.month}" == "2026-03-01"
    assert [(item["inviter_id"], item["invitee_id"]) for item in news("referral.joined")] == [
        ("inviter", "invitee")
    ]


@pytest.mark.usefixtures("invitee")
def test_without_a_moment_it_was_accepted_now(code: str, now: datetime) -> None:
    assert join(code, now=now).referral.joined_at == now


@pytest.mark.usefixtures("invitee")
def test_what_it_was_seen_with_is_kept_of_the_invitee(code: str, now: datetime) -> None:
    device, ip = digest("device", "phone"), digest("ip", "203.0.113.7")
    join(code, device=device, ip=ip, now=now)
    uses = IdentifierUse.objects.filter(
        subscriber__external_id="invitee", identifier__kind__in=("device", "ip")
    )
    assert {bytes(use.identifier.digest) for use in uses} == {device.digest, ip.digest}


@pytest.mark.usefixtures("invitee")
def test_repeating_it_changes_nothing_however_the_code_is_typed(
    code: str, now: datetime, later: datetime
) -> None:
    first = join(code, at=now, device=digest("device", "phone"), now=now)
    before = dump()
    typed = f" {shown_code(code).lower()} "
    again = join(typed, at=now, device=digest("device", "phone"), now=later)
    assert again.replayed
    assert again.referral == first.referral
    assert dump() == before


@pytest.mark.usefixtures("invitee")
@pytest.mark.parametrize(
    "other",
    [
        {"at": datetime(2026, 3, 16, tzinfo=UTC)},
        {"device": digest("device", "phone")},
        {"invitee": "somebody else"},
    ],
)
def test_an_id_is_used_for_one_content(code: str, now: datetime, other: dict[str, Any]) -> None:
    join(code, referral_id="r", now=now)
    refused(IdReused, request(code, **{"referral_id": "r", **other}), now=now)


@pytest.mark.usefixtures("invitee")
def test_an_unknown_code_is_refused(now: datetime) -> None:
    refused(UnknownReferralCode, request("22222222"), now=now)


def test_an_unknown_invitee_is_refused(code: str, now: datetime) -> None:
    refused(UnknownSubscriber, request(code, "nobody"), now=now)


def test_nobody_invites_themselves(code: str, now: datetime) -> None:
    refused(OwnReferralCode, request(code, "inviter"), now=now)


@pytest.mark.usefixtures("invitee")
def test_the_future_is_refused(code: str, now: datetime) -> None:
    refused(OccurredInTheFuture, request(code, at=now + 2 * DAY), now=now)
    # The very end of time is in no month of the program's zone.
    refused(OccurredInTheFuture, request(code, at=datetime.max.replace(tzinfo=UTC)), now=now)


@pytest.mark.usefixtures("invitee")
def test_an_invitee_has_one_inviter(code: str, now: datetime) -> None:
    join(code, now=now)
    register("other", now=now)
    refused(AlreadyInvited, request(code_of("other", now), referral_id="second"), now=now)
    refused(AlreadyInvited, request(code, referral_id="third"), now=now)


@pytest.mark.parametrize("kind", ["passport", "phone"])
def test_somebody_who_was_a_subscriber_is_not_new(code: str, now: datetime, kind: str) -> None:
    same = digest(kind, "the same")
    said: dict[str, Any] = {"msisdn": same} if kind == "phone" else {"identifiers": [same]}
    register("before", activated_at=now - 90 * DAY, now=now, **said)
    register("invitee", activated_at=now - 5 * DAY, now=now, **said)
    refused(InviteeWasSubscriber, request(code), now=now)


@pytest.mark.parametrize(
    ("rest", "days", "is_refused"),
    [(90, 0, True), (90, 89, True), (90, 90, False), (90, 300, False), (0, 1, False), (7, 6, True)],
)
@pytest.mark.parametrize("gone_by", ["closing", "change", "report"])
def test_a_number_rests_for_the_days_of_the_terms(
    code: str, now: datetime, rest: int, days: int, is_refused: bool, gone_by: str
) -> None:
    if rest != 90:
        content = Terms(referral=ReferralTerms(number_rest_days=rest)).content()
        activate(content, effective_from=now - DAY, now=now - 2 * DAY)
    number, since, activated_at = digest("phone", "+79990000001"), now - 900 * DAY, now - 5 * DAY
    gone = activated_at - days * DAY
    register("before", activated_at=since, now=since, msisdn=number)
    ways: dict[str, dict[str, Any]] = {
        "closing": {"status": "closed", "closed_at": gone, "msisdn": number},
        "change": {},
        "report": {"given_up": [GivenUp(number, gone)]},
    }
    register("before", activated_at=since, now=gone, **ways[gone_by])
    register("invitee", activated_at=activated_at, now=now, msisdn=number)
    if is_refused:
        refused(InviteeWasSubscriber, request(code), now=now)
    else:
        assert join(code, now=now).referral.status == "joined"


def test_a_passport_is_of_a_subscriber_for_ever(code: str, now: datetime) -> None:
    same, since = digest("passport", "the same"), now - 900 * DAY
    register("before", activated_at=since, now=since, identifiers=[same])
    register("before", activated_at=since, now=since + DAY, status="closed")
    register("invitee", activated_at=now - 5 * DAY, now=now, identifiers=[same])
    refused(InviteeWasSubscriber, request(code), now=now)


@pytest.mark.parametrize("kind", ["passport", "phone", "line"])
def test_a_refusal_says_which_identifier_and_never_whose(
    code: str, now: datetime, kind: str
) -> None:
    since = now - 90 * DAY
    name = "invitee" if kind == "line" else "before"
    shared: dict[str, dict[str, Any]] = {
        "passport": {"identifiers": [digest("passport", "the same")]},
        "phone": {"msisdn": digest("phone", "+79990000001")},
        "line": {},
    }
    said = shared[kind]
    register(name, activated_at=since, now=since, **said)
    if kind != "passport":
        register(
            name, activated_at=since, now=now, status="closed", closed_at=now - 6 * DAY, **said
        )
    register("invitee", activated_at=now - 5 * DAY, now=now, **said)
    with pytest.raises(InviteeWasSubscriber) as refusal:
        join(code, now=now)
    at = since if kind == "passport" else now - 6 * DAY
    assert refusal.value.facts == {"identifier": kind, "since": f"{at:%Y-%m-%d}"}
    assert f"{at:%Y-%m-%d}" in refusal.value.detail


def test_a_shared_device_is_no_earlier_life(code: str, now: datetime) -> None:
    said: dict[str, Any] = {"identifiers": [digest("device", "tablet"), digest("card", "family")]}
    register("before", activated_at=now - 90 * DAY, now=now, **said)
    register("invitee", activated_at=now - 5 * DAY, now=now, **said)
    assert join(code, now=now).referral.status == "joined"


def test_whoever_leaves_and_comes_back_is_not_new(code: str, now: datetime) -> None:
    past = now - 90 * DAY
    register("invitee", activated_at=past, now=past)
    register("invitee", status="closed", activated_at=past, now=past + DAY)
    register("invitee", activated_at=now - 5 * DAY, now=now)
    refused(InviteeWasSubscriber, request(code), now=now)


@pytest.mark.usefixtures("invitee")
@pytest.mark.parametrize("days", [30, 31, 300])
def test_an_invitation_long_after_the_activation_is_refused(
    code: str, now: datetime, days: int
) -> None:
    refused(JoinedTooLate, request(code), now=now + (days - 5) * DAY)


@pytest.mark.usefixtures("invitee")
def test_a_late_report_is_judged_as_of_its_acceptance(code: str, now: datetime) -> None:
    register("inviter", status="suspended", now=now + DAY)
    made = join(code, at=now, now=now + 200 * DAY)
    assert made.referral.status == "joined"
    assert f"{made.referral.month}" == "2026-03-01"


@pytest.mark.usefixtures("invitee")
@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_an_inviter_who_is_not_active_is_refused(code: str, now: datetime, status: str) -> None:
    register("inviter", status=status, now=now - DAY)
    refused(InviterNotActive, request(code), now=now)
    # When it was accepted they still were.
    assert join(code, at=now - 2 * DAY, now=now).referral.status == "joined"


def test_an_inviter_invites_so_many_a_month(code: str, now: datetime) -> None:
    names = [f"i{n}" for n in range(7)]
    for name in names:
        register(name, activated_at=now - 5 * DAY, now=now)
    for name in names[:5]:
        join(code, name, now=now)
    refused(ReferralLimitReached, request(code, "i5"), now=now)
    # Midnight of 1 April in Moscow.
    april = datetime(2026, 3, 31, 21, tzinfo=UTC)
    refused(ReferralLimitReached, request(code, "i5"), now=april - timedelta(microseconds=1))
    assert join(code, "i5", now=april).referral.status == "joined"


def test_a_list_counts_for_its_own_limits_and_all_join_or_none(code: str, now: datetime) -> None:
    for n in range(6):
        register(f"i{n}", activated_at=now - 5 * DAY, now=now)
    refused(ReferralLimitReached, *(request(code, f"i{n}") for n in range(6)), now=now)
    made = join_invitees(requests=[request(code, f"i{n}") for n in range(5)], now=now)
    assert len(made) == Referral.objects.count() == 5


def test_the_same_invitation_twice_in_a_list_is_one(code: str, now: datetime) -> None:
    register("invitee", activated_at=now - 5 * DAY, now=now)
    first, second = join_invitees(requests=[request(code)] * 2, now=now)
    assert (first.replayed, second.replayed) == (False, True)
    assert Referral.objects.count() == 1


@pytest.mark.parametrize("length", [2, 3, 6])
def test_a_chain_of_invitations_never_closes(db: None, now: datetime, length: int) -> None:
    names = [f"s{n}" for n in range(length)]
    for name in names:
        register(name, activated_at=now - 5 * DAY, now=now)
    for above, below in pairwise(names):
        join(code_of(above, now), below, now=now)
    refused(ReferralCycle, request(code_of(names[-1], now), names[0]), now=now)


def test_it_keeps_the_terms_of_its_moment(code: str, now: datetime) -> None:
    activate({"referral": {"stay_months_min": 1}}, effective_from=now, now=now - DAY)
    register("before", activated_at=now - 5 * DAY, now=now)
    register("after", activated_at=now - 5 * DAY, now=now)
    before = join(code, "before", at=now - timedelta(microseconds=1), now=now).referral
    after = join(code, "after", at=now, now=now).referral
    assert (before.terms, after.terms) == (1, 2)
    assert (before.window_ends_at - after.window_ends_at).days == 61


def test_a_code_is_made_once(db: None, now: datetime, later: datetime) -> None:
    register("somebody", now=now)
    first = referral_code_of(subscriber_id="somebody", now=now)
    before = dump()
    assert referral_code_of(subscriber_id="somebody", now=later) == first
    assert dump() == before
    with pytest.raises(NoSuchSubscriber):
        referral_code_of(subscriber_id="nobody", now=now)
    assert ReferralCode.objects.count() == 1
