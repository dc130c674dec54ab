"""The queue in the admin: take a case, read it, decide, take the next one."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.api.bodies import digest_of
from accounts.models import Identifier, Subscriber
from fraud.models import BlockedIdentifier, Case, CaseEvent, RuleSnooze, SubscriberStanding
from fraud.operations.decide_cases import decide_case
from fraud.operations.work_cases import claim_case
from fraud.policy.cases import Analyst
from fraud.policy.verdicts import Verdict
from tests.admin.conftest import LogIn, sentences_of
from tests.books import dump
from tests.browser import story
from tests.factories import digest, give_goodwill, register
from tests.fraud.stories import phone, suspicious_payout
from tests.loyalty.promises import state

pytestmark = pytest.mark.django_db

LIST = reverse("admin:fraud_case_changelist")
NEXT = reverse("admin:fraud_case_next")
BULK = reverse("admin:fraud_case_bulk")
MAY = (
    "fraud.view_case",
    "fraud.decide_case",
    "fraud.view_assessment",
    "accounts.view_subscriber",
    "loyalty.view_payout",
    "loyalty.view_entry",
)
FRAUD = {"verdict": "confirmed_fraud", "reason": "One person with seven accounts."}
INNOCENT = {"verdict": "false_positive", "reason": "A family with one tablet."}
HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def payout_id() -> UUID:
    return suspicious_payout(now=now() - 2 * HOUR)


@pytest.fixture
def case(payout_id: UUID) -> Case:
    return Case.objects.get()


@pytest.fixture
def ann(log_in: LogIn) -> Browser:
    return log_in(*MAY, name="ann")


def page(case: Case) -> str:
    return reverse("admin:fraud_case_change", args=[case.pk])


def step(case: Case, name: str) -> str:
    return reverse(f"admin:fraud_case_{name}", args=[case.pk])


def asks(case: Case, name: str) -> str:
    return reverse("admin:fraud_case_ask", args=[case.pk, name])


def stops(case: Case, name: str) -> str:
    return reverse("admin:fraud_case_stop", args=[case.pk, name])


def claim(case: Case, name: str = "ann", at: datetime | None = None) -> None:
    claim_case(case_id=case.pk, by=Analyst(name), now=at or now())


def decide(browser: Browser, case: Case, said: dict[str, Any], **more: Any) -> Any:
    return browser.post(step(case, "decide"), {**said, **more}, follow=True)


def refused(call: Callable[[], Any]) -> Any:
    """What an answer is by which nothing was written."""
    before = dump()
    answer = call()
    assert dump() == before
    return answer


def test_from_the_queue_through_a_verdict_to_the_next_case(
    ann: Browser, case: Case, payout_id: UUID
) -> None:
    listed = ann.get(LIST)
    assert listed.status_code == 200
    assert page(case) in listed.content.decode()
    taken = ann.post(NEXT, follow=True)
    assert taken.redirect_chain[-1][0] == page(case)
    assert taken.context["holds"]
    read = taken.content.decode()
    assert "Others on the same device" in read
    assert 'id="verdict-form"' in read
    answer = decide(ann, case, INNOCENT, go_on="1")
    assert answer.redirect_chain[-1][0] == LIST
    assert sentences_of(answer) == [
        f"Case {case.pk} is decided: false positive.",
        "There is no case left that you could take: the queue is empty.",
    ]
    assert state(payout_id)[0] == "paid"
    case.refresh_from_db()
    assert (case.status, case.decided_by) == ("closed", "ann")


def test_the_page_says_why_and_who_is_linked(ann: Browser, case: Case) -> None:
    answer = ann.get(page(case))
    shown = answer.context
    assert shown["evidence"].bars[0].title == "Others on the same device"
    names = [row.account.name for row in shown["graph"].rows]
    assert names[0] == "subscriber"
    assert set(names[1:]) == {f"crowd-{n}" for n in range(6)}
    kinds = {element["data"]["type"] for element in shown["graph"].elements}
    assert kinds == {"account", "identifier", "use"}
    assert {line.group for line in shown["timeline"]} >= {"benefit", "identity", "case"}
    assert [row[0].step for row in shown["history"]] == ["open"]
    assert shown["may_claim"]
    assert not shown["holds"]


def test_what_fraud_brings_is_chosen_on_the_page(ann: Browser, case: Case, payout_id: UUID) -> None:
    claim(case)
    device = Identifier.objects.get(kind="device")
    linked = Subscriber.objects.get(external_id="crowd-0")
    answer = decide(ann, case, FRAUD, block=[device.pk], linked=[linked.pk])
    assert sentences_of(answer) == [f"Case {case.pk} is decided: confirmed fraud."]
    assert state(payout_id)[0] == "refused"
    blocked = BlockedIdentifier.objects.get()
    assert (blocked.identifier, blocked.blocked_by) == (device, "ann")
    standings = SubscriberStanding.objects.values_list("subscriber__external_id", "standing")
    assert set(standings) == {("subscriber", "blocked"), ("crowd-0", "blocked")}
    assert "confirmed fraud" in answer.content.decode()


@pytest.mark.usefixtures("payout_id")
def test_a_false_positive_silences_a_rule_until_the_end_of_a_day(ann: Browser) -> None:
    story.self_referral(now() - HOUR)
    case = Case.objects.get(subject_type="payout", subscriber__external_id="olga")
    claim(case)
    day = (now() + timedelta(days=10)).date()
    decide(ann, case, INNOCENT, snooze_rules=["self_referral"], snooze_until=day.isoformat())
    silenced = RuleSnooze.objects.get()
    assert (silenced.rule, silenced.set_by) == ("self_referral", "ann")
    assert silenced.until.astimezone(UTC).date() == day


def test_above_the_limit_the_second_analyst_sees_the_proposal(ann: Browser, log_in: LogIn) -> None:
    payout_id = suspicious_payout(400_000, now=now() - 2 * HOUR)
    case = Case.objects.get()
    device = Identifier.objects.get(kind="device")
    claim(case)
    proposed = decide(ann, case, FRAUD, block=[device.pk])
    assert "somebody else has to confirm" in sentences_of(proposed)[0]
    assert proposed.context["cannot_claim"].startswith("You have proposed a verdict")
    assert (
        "You have proposed"
        in sentences_of(refused(lambda: ann.post(step(case, "claim"), follow=True)))[0]
    )

    ben = log_in(*MAY, name="ben")
    listed = ben.get(LIST, {"show": "confirm"})
    assert page(case) in listed.content.decode()
    ben.post(step(case, "claim"))
    seen = ben.get(page(case)).context
    assert seen["proposal"]["by"] == "ann"
    assert seen["proposal"]["reason"] == FRAUD["reason"]
    assert seen["form"]["verdict"].value() == "confirmed_fraud"
    assert seen["form"]["block"].value() == [device.pk]
    decide(ben, case, FRAUD, block=[device.pk])
    assert state(payout_id)[0] == "refused"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "verdict"),
        ({"verdict": "guilty", "reason": "x"}, "verdict"),
        ({"verdict": "confirmed_fraud", "reason": " "}, "reason"),
        ({"verdict": "confirmed_fraud", "reason": "x" * 501}, "reason"),
        ({"verdict": "confirmed_fraud", "reason": "a\x00b"}, "reason"),
        ({**FRAUD, "block": ["7777777"]}, "block"),
        ({**FRAUD, "block": ["x"]}, "block"),
        ({**FRAUD, "linked": ["7777777"]}, "linked"),
        ({**INNOCENT, "snooze_rules": ["above_cap"]}, "snooze_rules"),
        ({**INNOCENT, "snooze_until": "soon"}, "snooze_until"),
        ({"verdict": "inconclusive", "reason": "x"}, "__all__"),
        ({**INNOCENT, "consequence": "refuse"}, "__all__"),
    ],
)
def test_a_verdict_that_cannot_be_given_is_shown_again(
    ann: Browser, case: Case, said: dict[str, Any], field: str
) -> None:
    claim(case)
    answer = refused(lambda: decide(ann, case, said))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert 'role="alert"' in answer.content.decode()


def test_nobody_is_chosen_who_is_not_linked(ann: Browser, case: Case) -> None:
    stranger = register("stranger", now=now() - HOUR)
    claim(case)
    answer = refused(lambda: decide(ann, case, FRAUD, linked=[stranger.pk]))
    assert "linked" in answer.context["form"].errors


def test_of_two_who_decide_at_once_the_other_is_told(
    ann: Browser, case: Case, log_in: LogIn
) -> None:
    log_in(*MAY, name="ben")
    claim(case, "ann", now() - 2 * HOUR)
    claim(case, "ben")
    answer = refused(lambda: decide(ann, case, FRAUD))
    assert sentences_of(answer) == ["Nothing was changed. ben has taken this case."]
    verdict = Verdict(INNOCENT["verdict"], INNOCENT["reason"])
    decide_case(case_id=case.pk, verdict=verdict, by=Analyst("ben"), now=now())
    answer = refused(lambda: decide(ann, case, FRAUD))
    assert sentences_of(answer) == [
        "Nothing was changed. Somebody has decided this case meanwhile."
    ]


def test_who_held_it_for_too_long_is_told_and_loses_no_words(ann: Browser, case: Case) -> None:
    claim(case, at=now() - HOUR)
    assert ann.get(page(case)).context["claim_has_lapsed"]
    answer = refused(lambda: decide(ann, case, FRAUD, go_on="1"))
    assert "A claim ends after 60 minutes" in str(answer.context["form"].errors)
    assert FRAUD["reason"] in str(answer.context["form"]["reason"].value())


def test_a_case_is_given_back(ann: Browser, case: Case) -> None:
    claim(case)
    answer = ann.post(step(case, "give_back"), follow=True)
    assert sentences_of(answer) == [f"Case {case.pk} is in the queue again."]
    case.refresh_from_db()
    assert case.status == "open"
    answer = refused(lambda: ann.post(step(case, "give_back"), follow=True))
    assert sentences_of(answer)[0].startswith("Nothing was changed.")


def test_a_case_sleeps_and_is_found_among_the_snoozed(ann: Browser, case: Case) -> None:
    claim(case)
    until = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = ann.post(asks(case, "snooze"), {"until": until, "reason": "They call."}, follow=True)
    assert "sleeps until" in sentences_of(answer)[0]
    assert page(case) in ann.get(LIST, {"show": "snoozed"}).content.decode()
    assert Case.objects.get().status == "snoozed"


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [(31, "x", "__all__"), (-1, "x", "__all__"), (1, " ", "reason"), (None, "x", "until")],
)
def test_a_snooze_that_cannot_be_is_shown_again(
    ann: Browser, case: Case, days: int | None, reason: str, field: str
) -> None:
    claim(case)
    until = "" if days is None else (now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
    said = {"until": until, "reason": reason}
    answer = refused(lambda: ann.post(asks(case, "snooze"), said, follow=True))
    assert field in answer.context["form"].errors


def test_an_escalated_case_is_a_seniors(ann: Browser, case: Case, log_in: LogIn) -> None:
    claim(case)
    answer = ann.post(asks(case, "escalate"), {"reason": "Too odd."}, follow=True)
    assert "handed to the senior analysts" in sentences_of(answer)[0]
    answer = refused(lambda: ann.post(step(case, "claim"), follow=True))
    assert "a senior analyst decides" in sentences_of(answer)[0]
    assert ann.post(NEXT, follow=True).redirect_chain[-1][0] == LIST
    sue = log_in(*MAY, "fraud.escalated_case", name="sue")
    assert sue.post(NEXT, follow=True).redirect_chain[-1][0] == page(case)


@pytest.mark.parametrize("name", ["snooze", "escalate", "unmask"])
def test_looking_at_a_step_takes_nothing(manager: Browser, case: Case, name: str) -> None:
    claim(case, "manager")
    answer = refused(lambda: manager.get(asks(case, name), {"reason": "x"}))
    assert answer.status_code == 200


def test_hints_are_masked_until_somebody_asks_and_says_why(
    ann: Browser, case: Case, log_in: LogIn
) -> None:
    hint = Identifier.objects.get(kind="device").hint
    assert hint not in ann.get(page(case)).content.decode()
    assert refused(lambda: ann.post(asks(case, "unmask"), {"reason": "x"})).status_code == 403
    cat = log_in(*MAY, "fraud.unmask_identifiers", name="cat")
    answer = refused(lambda: cat.post(asks(case, "unmask"), {"reason": " "}))
    assert "reason" in answer.context["form"].errors
    assert hint not in cat.get(page(case)).content.decode()
    cat.post(asks(case, "unmask"), {"reason": "To compare."})
    assert hint in cat.get(page(case)).content.decode()
    # To nobody else.
    assert hint not in ann.get(page(case)).content.decode()
    kept = CaseEvent.objects.get(step="unmask")
    assert (kept.by, kept.reason) == ("cat", "To compare.")
    assert Identifier.objects.get(kind="device").pk in kept.after["identifiers"]


def test_what_the_linked_would_be_paid_is_frozen_and_goes_on(case: Case, log_in: LogIn) -> None:
    friend = register("friend", now=now() - HOUR)
    credit = give_goodwill("friend", parts=3, now=now() - HOUR)
    register("friend", identifiers=[phone()], now=now())
    assert state(credit)[0] == "cleared"
    freezer = log_in(*MAY, "loyalty.freeze_payout", name="eve")
    said = {"accounts": [friend.pk], "reason": "A ring."}
    asked = freezer.get(stops(case, "freeze"))
    assert "friend" in asked.content.decode()
    answer = freezer.post(stops(case, "freeze"), said, follow=True)
    assert sentences_of(answer) == ["1 payout is frozen."]
    assert state(credit)[0] == "frozen"
    answer = freezer.post(stops(case, "unfreeze"), said, follow=True)
    assert sentences_of(answer) == ["1 payout goes on."]
    assert state(credit)[0] == "cleared"


@pytest.mark.parametrize("name", ["freeze", "unfreeze"])
def test_payouts_of_strangers_are_not_stopped_from_here(
    case: Case, log_in: LogIn, name: str
) -> None:
    stranger = register("stranger", now=now() - HOUR)
    freezer = log_in(*MAY, "loyalty.freeze_payout", name="eve")
    said = {"accounts": [stranger.pk], "reason": "x"}
    answer = refused(lambda: freezer.post(stops(case, name), said))
    assert answer.status_code == 200
    assert refused(lambda: freezer.get(stops(case, "melt"))).status_code == 404


def bulk(browser: Browser, *cases: Case, **said: Any) -> Any:
    return browser.post(BULK, {"id": [case.pk for case in cases], **INNOCENT, **said}, follow=True)


def test_many_are_decided_alike(case: Case, log_in: LogIn, payout_id: UUID) -> None:
    story.registrations(now() - HOUR)
    cases = list(Case.objects.order_by("pk"))
    assert len(cases) == 2
    sue = log_in(*MAY, "fraud.decide_cases_in_bulk", name="sue")
    asked = sue.post(LIST, {"action": "decide", "_selected_action": [each.pk for each in cases]})
    assert {row["case"].pk for row in asked.context["rows"]} == {each.pk for each in cases}
    answer = bulk(sue, *cases)
    assert sentences_of(answer) == ["2 cases are decided: false positive."]
    assert state(payout_id)[0] == "paid"


def test_all_of_many_or_none(case: Case, log_in: LogIn) -> None:
    story.registrations(now() - HOUR)
    cases = list(Case.objects.order_by("pk"))
    claim(cases[0], "ben")
    sue = log_in(*MAY, "fraud.decide_cases_in_bulk", name="sue")
    answer = refused(lambda: bulk(sue, *cases))
    assert "ben has taken this case" in str(answer.context["form"].errors)
    assert answer.context["is_refused"]


def test_many_need_a_permission_of_their_own(ann: Browser, case: Case) -> None:
    assert refused(lambda: bulk(ann, case)).status_code == 403
    asked = {"action": "decide", "_selected_action": [case.pk]}
    assert "rows" not in refused(lambda: ann.post(LIST, asked)).context
    assert '<option value="decide"' not in ann.get(LIST).content.decode()


@pytest.mark.parametrize("ids", [[], ["x"], ["999999"], [str(n) for n in range(201)]])
def test_many_are_named_one_by_one(log_in: LogIn, case: Case, ids: list[str]) -> None:
    sue = log_in(*MAY, "fraud.decide_cases_in_bulk", name="sue")
    answer = refused(lambda: sue.post(BULK, {"id": ids, **INNOCENT}))
    assert answer.status_code in (302, 404)


def posts(case: Case) -> list[tuple[str, dict[str, Any]]]:
    return [
        (NEXT, {}),
        (step(case, "claim"), {}),
        (step(case, "give_back"), {}),
        (step(case, "decide"), FRAUD),
        (asks(case, "snooze"), {"until": "2030-01-01T00:00", "reason": "x"}),
        (asks(case, "escalate"), {"reason": "x"}),
        (asks(case, "unmask"), {"reason": "x"}),
        (stops(case, "freeze"), {"accounts": [case.subscriber_id], "reason": "x"}),
        (BULK, {"id": [case.pk], **FRAUD}),
    ]


def test_every_step_needs_its_permission(case: Case, log_in: LogIn) -> None:
    reader = log_in("fraud.view_case", name="reader")
    blind = log_in("fraud.decide_case", "fraud.unmask_identifiers", name="blind")
    assert reader.get(page(case)).status_code == 200
    assert 'id="verdict-form"' not in reader.get(page(case)).content.decode()
    for address, said in posts(case):
        for browser in (reader, blind):
            assert refused(lambda: browser.post(address, said)).status_code == 403  # noqa: B023
        assert refused(lambda: Browser().post(address, said)).status_code == 302  # noqa: B023


def test_a_step_of_another_site_is_refused(ann: Browser, case: Case) -> None:
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(User.objects.get(username="ann"))
    for address, said in posts(case):
        assert refused(lambda: forged.post(address, said)).status_code == 403  # noqa: B023


def test_steps_are_not_taken_by_looking(manager: Browser, case: Case) -> None:
    for address in (NEXT, BULK, *(step(case, name) for name in ("claim", "give_back", "decide"))):
        assert refused(lambda: manager.get(address)).status_code == 405  # noqa: B023


def test_unknown_cases_are_unknown(manager: Browser, case: Case) -> None:
    missing = Case(pk=case.pk + 1)
    missing.subscriber_id = case.subscriber_id
    for address, said in posts(missing)[1:-1]:
        assert refused(lambda: manager.post(address, said)).status_code == 404  # noqa: B023
    assert manager.get(page(missing)).status_code == 404
    assert manager.get(asks(case, "dance")).status_code == 404


def test_the_queue_is_filtered_searched_and_counted(ann: Browser, case: Case) -> None:
    story.registrations(now() - HOUR)
    figures = ann.get(LIST).context["figures"]
    assert {name: each.number for name, each in figures.queues.items()} == {"gate": 1, "account": 1}

    def found(**asked: str) -> int:
        return len(ann.get(LIST, asked).context["cl"].result_list)

    assert (found(), found(queue="gate"), found(band="high"), found(show="closed")) == (2, 1, 0, 0)
    assert found(q="subscriber") == 1
    assert found(q=case.subject_id) == 1
    assert found(q=str(case.pk)) == 1
    for spelled in (f"C-{case.pk}", f" c{case.pk} ", f"#{case.pk}", f"№ {case.pk}",
                    f"case {case.pk}", f"дело № {case.pk}", f"Д-{case.pk}"):  # fmt: skip
        rows = ann.get(LIST, {"q": spelled}).context["cl"].result_list
        assert rows[0] == case, spelled
    for spelled in ("SUBSCRIBER", " Subscriber ", case.subject_id.upper(), case.subject_id[:8],
                    case.subject_id.replace("-", "")[:20].upper()):  # fmt: skip
        assert found(q=spelled) == 1, spelled
    # Ids of subscribers end in numbers, too.
    for spelled in (f"sub-{case.pk}", f"MSK {case.pk}"):
        assert found(q=spelled) == 0, spelled
    # In whichever view and queue the search was asked for.
    for view in ("mine", "closed", "snoozed", "escalated"):
        assert found(q=str(case.pk), show=view) == 1, view
    assert found(q=str(case.pk), queue="sample") == 1
    assert found(q="nobody") == 0
    assert found(show="mine") == 0
    claim(case)
    assert (found(show="mine"), found(show="all"), found(status="claimed")) == (1, 2, 1)
    Case.objects.update(due_at=now() - HOUR)
    assert found(show="overdue") == 2


def test_an_empty_queue_says_so(ann: Browser) -> None:
    assert "Nothing waits for a person" in ann.get(LIST).content.decode()
    answer = ann.post(NEXT, follow=True)
    assert "the queue is empty" in sentences_of(answer)[0]


def test_the_next_case_comes_from_the_queue_that_is_shown(ann: Browser, case: Case) -> None:
    story.registrations(now() - HOUR)
    other = Case.objects.get(queue="account")
    taken = ann.post(NEXT, {"queue": "account"}, follow=True)
    assert taken.redirect_chain[-1][0] == page(other)


def statements(browser: Browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert browser.get(address).status_code == 200
    return len(caught)


def test_pages_take_a_fixed_number_of_statements(ann: Browser, case: Case) -> None:
    few = statements(ann, LIST), statements(ann, page(case))
    story.tell(now())
    many = statements(ann, LIST), statements(ann, page(case))
    assert many[0] <= few[0] + 1
    assert many[1] <= few[1]
    assert max(many) <= 35


def test_a_crowd_of_two_thousand_is_cut_to_the_nearest(ann: Browser) -> None:
    payout_id = story.crowd(2000, now() - HOUR)
    case = Case.objects.get(subject_id=str(payout_id))
    with CaptureQueriesContext(connection) as caught:
        answer = ann.get(page(case))
    assert len(caught) <= 35
    graph = answer.context["graph"]
    assert (len(graph.rows), graph.others) == (201, 200)
    assert graph.extent == "The nearest 200 of more than 1,000 linked accounts are shown."
    device = next(e["data"] for e in graph.elements if e["data"].get("kind") == "device")
    assert device["accounts"] == "51"


def test_an_assessment_is_read_and_replayed(ann: Browser, case: Case) -> None:
    address = reverse("admin:fraud_assessment_change", args=[case.assessment_id])
    assert address in ann.get(page(case)).content.decode()
    shown = ann.get(address).context
    assert shown["replayed"].is_same
    assert ("accounts on device", "6") in shown["facts"]
    assert ann.get(reverse("admin:fraud_assessment_change", args=[10**9])).status_code == 404


def test_no_value_of_an_identifier_is_shown(manager: Browser, case: Case) -> None:
    register("carded", identifiers=[digest("card", "4276000011112222")], now=now())
    for address in (LIST, page(case)):
        assert b"4276000011112222" not in manager.get(address).content


def test_a_search_stands_in_no_view(ann: Browser, case: Case) -> None:
    for view in ("", "mine", "closed"):
        read = ann.get(LIST, {"q": f"C-{case.pk}", "show": view}).content.decode()
        assert page(case) in read
        [views] = re.findall(r'<nav aria-label="Whose turn">.*?</nav>', read, re.DOTALL)
        assert "aria-current" not in views


def test_an_e_mail_address_stands_once_and_is_chosen_by_its_mailbox(
    ann: Browser, case: Case
) -> None:
    register("subscriber", identifiers=[digest_of("email", "x@gmail.com")], now=now() - HOUR)
    mailbox = Identifier.objects.get(kind="mailbox")
    shown = ann.get(page(case)).context
    emails = [row for row in shown["identifiers"] if row.kind == "e-mail"]
    assert [row.id for row in emails] == [mailbox.pk]
    assert "mailbox" not in ann.get(page(case)).content.decode()


def test_a_proposal_to_block_an_address_is_read_as_its_mailbox(log_in: LogIn) -> None:
    suspicious_payout(400_000, now=now() - 2 * HOUR)
    case = Case.objects.get()
    register("subscriber", identifiers=[digest_of("email", "x@gmail.com")], now=now() - HOUR)
    address, mailbox = (Identifier.objects.get(kind=kind) for kind in ("email", "mailbox"))
    claim(case)
    # Addresses can be chosen through the API of verdicts, and were on the page formerly.
    decide_case(
        case_id=case.pk,
        verdict=Verdict("confirmed_fraud", "x", block=(address.pk,)),
        by=Analyst("ann"),
        now=now(),
    )
    ben = log_in(*MAY, name="ben")
    ben.post(step(case, "claim"))
    seen = ben.get(page(case)).context
    assert seen["form"]["block"].value() == [mailbox.pk]
    assert seen["proposal"]["block"] == ["e-mail …"]
