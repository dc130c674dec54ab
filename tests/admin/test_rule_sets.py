"""Rule sets are drafted in a form, told apart, tried in shadow, and put live by two people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from fraud.admin.rule_sets.forms import RuleSetForm
from fraud.admin.rule_sets.pictures import scale_of
from fraud.admin.rule_sets.wording import RULE_MEANINGS, counted, effect_of, said, wording_of
from fraud.models import Assessment, Case, RuleSetVersion
from fraud.operations.change_rule_sets import (
    approve_rules,
    change_draft,
    draft_rules,
    end_shadow,
    propose_rules,
    return_rules,
    shadow_rules,
)
from fraud.operations.screen import screen
from fraud.policy.rule_set_changes import RuleSetChange, changes_between, items_by_path
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.queries.rule_sets import rule_sets_in_use
from loyalty.policy.gate import Subject
from loyalty.queries.terms import program_zone
from tests.admin.conftest import LogIn, digest_on, sentences_of
from tests.factories import digest, register
from tests.fraud.stories import suspicious_payout
from tests.reading import rules_read

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LIST = reverse("admin:fraud_rulesetversion_changelist")
DRAFT = reverse("admin:fraud_rules_draft")
COMPARE = reverse("admin:fraud_rules_compare")
VIEW, CHANGE = "fraud.view_rulesetversion", "fraud.change_rulesetversion"
APPROVE = "fraud.approve_rulesetversion"
STEPS = ("edit", "propose", "return", "approve", "shadow_start", "shadow_end")
STRICT = {"review_from": "0.05", "block_from": "0.9"}


def filled(**changes: str) -> dict[str, Any]:
    form = RuleSetForm(rules=RuleSet(), live=RuleSet())
    values = {path: str(form.fields[path].initial) for path in form.items}
    named = {path.replace("__", "."): value for path, value in changes.items()}
    return {**values, "note": "Winter", **named}


def at(name: str, number: int = 2) -> str:
    return reverse(f"admin:fraud_rules_{name}", args=[number])


def page(browser: Browser, number: int = 2) -> Any:
    return browser.get(reverse("admin:fraud_rulesetversion_change", args=[number]))


def step(browser: Browser, name: str, number: int = 2, **fields: str) -> Any:
    if name == "propose":
        fields = {"digest": digest_on(browser, at(name, number)), **fields}
    return browser.post(at(name, number), fields, follow=True)


def approve(browser: Browser, number: int = 2) -> Any:
    """Open the page of the approval, and send what stands on it."""
    return browser.post(at("approve", number), read(browser, number), follow=True)


def read(browser: Browser, number: int = 2) -> dict[str, Any]:
    shown = browser.get(at("approve", number))
    digest = shown.context["digest"]
    assert f'name="digest" value="{digest}"' in text(shown)
    return {"digest": digest}


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def status(number: int = 2) -> str:
    return RuleSetVersion.objects.get(number=number).status


def proposed(now: datetime = NOW - DAY, *, by: str = "maker", **content: Any) -> RuleSetVersion:
    made = draft_rules(content=content or STRICT, note="stricter", by="maker")
    return propose_rules(
        number=made.number, by=by, now=now, digest=rules_read(made.number, now=now)
    )


def couple(now: datetime) -> tuple[int, int]:
    """Two on one tablet: the default weights let them through, and STRICT doesn't."""
    tablet = digest("device", "tablet")
    first, second = (
        register(f"s{n}", identifiers=[tablet], now=now - 9 * DAY).pk for n in range(2)
    )
    return first, second


def judged(*keys: int, now: datetime) -> None:
    screen(
        subjects=[Subject("redemption", f"r{key}", key, "bill_credit", 100_000) for key in keys],
        now=now,
    )


@pytest.fixture
def author(log_in: LogIn) -> Browser:
    """May draft and propose, and would be allowed to approve what others proposed."""
    return log_in(VIEW, CHANGE, APPROVE, name="author")


@pytest.fixture
def second(log_in: LogIn) -> Browser:
    return log_in(VIEW, APPROVE, name="second")


@pytest.fixture
def reader(log_in: LogIn) -> Browser:
    return log_in(VIEW, name="reader")


@pytest.fixture
def drafted(author: Browser) -> RuleSetVersion:
    answer = author.post(DRAFT, filled(review_from="0.45", weights__anomaly="0.2"))
    assert answer.status_code == 302, answer.context["form"].errors
    return RuleSetVersion.objects.get(number=2)


# Words.


def test_every_item_has_words() -> None:
    for path, value in items_by_path(RuleSet()).items():
        words = wording_of(path)
        assert words.name, path
        assert words.meaning, path
        assert said(path, value), path
    assert RULE_MEANINGS.keys() == RULES.keys()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("review_from", Decimal("0.4"), "0.40"),
        ("review_from", Decimal("0.123456"), "0.123456"),
        ("block_from", None, "not set"),
        ("carrier_ip_above", 1_000, "1,000 accounts"),
        ("links_above.card", 20, "20 accounts"),
        ("device_accounts_above", 5, "5 accounts"),
        ("sample_share", Decimal("0.0125"), "1.25 %"),
        ("weights.anomaly", Decimal(0), "0.00"),
        ("actions.household", "off", "does nothing"),
    ],
)
def test_values_in_words(path: str, value: Any, words: str) -> None:
    assert said(path, value).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("signal", "sentence"),
    [
        ("accounts_on_device", "1 account counts 32 %, 8 accounts count whole"),
        ("redemption_haste", "whole at 0 minutes, half at 15 minutes"),
        ("refund_rate", "in proportion, and whole from 50 % on"),
        ("device_is_shared", "whole if so, and nothing otherwise"),
        ("anomaly", "whole from 100 on"),
    ],
)
def test_how_a_signal_counts(signal: str, sentence: str) -> None:
    assert sentence in counted(SIGNALS[signal])


@pytest.mark.parametrize(
    ("path", "old", "new", "effect"),
    [
        ("review_from", "0.35", "0.40", "fewer are reviewed"),
        ("review_from", "0.40", "0.35", "more are reviewed"),
        ("block_from", "1", "2", "fewer are refused unseen, more are reviewed"),
        ("weights.anomaly", "0", "0.1", "begins to count: more are stopped"),
        ("weights.anomaly", "0.1", "0", "counts no more: fewer are stopped"),
        ("weights.anomaly", "0.2", "0.1", "counts less: fewer are stopped"),
        ("sample_share", "0.01", "0.02", "more is reviewed afterwards"),
    ],
)
def test_what_a_number_brings(path: str, old: str, new: str, effect: str) -> None:
    assert effect_of(RuleSetChange(path, Decimal(old), Decimal(new))) == effect


@pytest.mark.parametrize(
    ("path", "old", "new", "effect"),
    [
        ("actions.household", "review", "off", "no longer stops anybody"),
        ("actions.household", "review", "refuse", "stricter"),
        ("actions.household", "refuse", "review", "milder: a person looks first"),
        ("carrier_ip_above", 50, 20, "fewer crowded addresses count"),
        ("links_above.device", 50, 20, "fewer crowded identifiers link"),
        ("links_above.passport", 20, 30, "more crowded identifiers link"),
        ("device_accounts_above", 5, 3, "more newcomers are marked"),
        ("review_from", Decimal(1), None, "stops nothing by score"),
        ("review_from", None, Decimal(1), "begins to stop by score"),
    ],
)
def test_what_another_change_brings(path: str, old: Any, new: Any, effect: str) -> None:
    assert effect_of(RuleSetChange(path, old, new)) == effect


def test_a_weight_is_drawn_against_the_thresholds() -> None:
    scale = scale_of(RuleSet())
    assert [(str(each.name), each.percent) for each in scale.marks] == [
        ("review", 31.7),
        ("refuse", 95.2),
    ]
    alone = {
        weight: str(scale.bar(Decimal(weight)).alone) for weight in ("0", "0.39", "0.40", "1.2")
    }
    assert list(alone.values()) == [
        "left out",
        "only together with others",
        "reaches review by itself",
        "refuses by itself",
    ]
    nothing = RuleSet(weights=dict.fromkeys(SIGNALS, Decimal(0)), review_from=None, block_from=None)
    assert scale_of(nothing).marks == ()


# Reading.


def test_the_list_says_what_is_what(reader: Browser) -> None:
    proposed(review_from="0.5")
    approve_rules(number=2, by="checker", now=NOW - DAY, digest=rules_read(2, now=NOW - DAY))
    proposed(weights={"anomaly": "0.2"})
    shadow_rules(number=3, by="maker", now=NOW)
    proposed()
    draft_rules(content={}, note="", by="maker")
    listed = {row.number: row.listed for row in reader.get(LIST).context["cl"].result_list}
    assert listed == {
        5: ("draft", 2, 1, ""),
        4: ("proposed", 2, 2, ""),
        3: ("shadow", 2, 2, ""),
        2: ("live", 1, 1, ""),
        1: ("approved", None, 0, ""),
    }
    for state in ("draft", "proposed", "shadow", "live", "approved"):
        found = reader.get(LIST, {"state": state}).context["cl"].result_list
        assert [row.listed.state for row in found] == [state]
    assert "2 items against 2" in text(reader.get(LIST))


def test_a_version_is_explained(reader: Browser) -> None:
    proposed(review_from="0.5", weights={"anomaly": "0.2"})
    shown = text(page(reader))
    for words in (
        "From this score on a person looks",
        "fewer are reviewed",
        "live: 0.40",
        "How unusual the subscriber&#x27;s activity is",
        "only together with others",
        "The invitee lives at the address of the inviter",
        "It has never run in shadow",
    ):
        assert words in shown, words
    assert "live: 1.20" not in shown


def test_what_is_live_is_held_against_what_it_replaced(reader: Browser) -> None:
    assert page(reader, 1).context["difference"] is None
    proposed()
    approve_rules(number=2, by="checker", now=NOW, digest=rules_read(2, now=NOW))
    difference = page(reader).context["difference"]
    assert (difference.old, difference.new, len(difference.rows)) == (1, 2, 2)
    assert "live: 0.05" in text(page(reader, 1))


@pytest.mark.usefixtures("drafted")
def test_any_two_are_compared_and_the_live_one_by_default(reader: Browser) -> None:
    for query in ({"old": "1", "new": "2"}, {"new": "2"}):
        difference = reader.get(COMPARE, query).context["difference"]
        assert [(str(row.name), row.old, row.new, row.effect) for row in difference.rows] == [
            ("Review from a score of", "0.40", "0.45", "fewer are reviewed"),
            ("Anomaly", "0.00", "0.20", "begins to count: more are stopped"),
        ]
    for query in ({"old": "1", "new": "1"}, {"old": "x", "new": "9"}, {}):
        assert "two different rule sets" in text(reader.get(COMPARE, query))


@pytest.mark.parametrize("number", ["9", "x", "-1"])
def test_what_was_never_drafted_is_not_found(author: Browser, number: str) -> None:
    assert author.get(LIST + f"{number}/change/").status_code == 404
    assert author.get(DRAFT, {"from": number}).status_code == 404


def test_what_was_never_drafted_takes_no_step(author: Browser) -> None:
    for name in (*STEPS, "shadow"):
        assert author.get(at(name, 9)).status_code in (404, 405), name
        assert author.post(at(name, 9), filled()).status_code == 404, name


def test_assessments_and_cases_lead_to_their_rule_set(manager: Browser) -> None:
    suspicious_payout(now=NOW)
    address = reverse("admin:fraud_rulesetversion_change", args=[1])
    kept = Assessment.objects.get()
    for shown in (
        reverse("admin:fraud_assessment_changelist"),
        reverse("admin:fraud_assessment_change", args=[kept.pk]),
        reverse("admin:fraud_case_change", args=[Case.objects.get().pk]),
    ):
        assert f'href="{address}"' in text(manager.get(shown)), shown


# Drafting.


def test_a_draft_says_what_was_filled_in(drafted: RuleSetVersion) -> None:
    changes = changes_between(RuleSet(), RuleSet.from_content(drafted.content))
    assert {each.path: str(each.new) for each in changes} == {
        "review_from": "0.45",
        "weights.anomaly": "0.2",
    }
    assert (drafted.status, drafted.note) == ("draft", "Winter")


def test_a_form_that_nobody_touched_changes_nothing(author: Browser) -> None:
    learnt = {
        "weights": {"anomaly": "0.123456"},
        "sample_share": "0.0125",
        "block_from": None,
        "curves": {"redemption_haste": [["0", "1"], ["2.5", "0.0625"]]},
    }
    source = draft_rules(content=learnt, note="", by="maker")
    form = author.get(DRAFT, {"from": "2"}).context["form"]
    values = {path: form.fields[path].initial for path in form.items}
    said = {path: "" if value is None else value for path, value in values.items()}
    author.post(f"{DRAFT}?from=2", {**said, "note": "x"})
    made = RuleSet.from_content(RuleSetVersion.objects.get(number=3).content)
    assert changes_between(RuleSet.from_content(source.content), made) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("weights.anomaly", "x"),
        ("weights.anomaly", ""),
        ("weights.anomaly", "-0.1"),
        ("weights.anomaly", "100.1"),
        ("weights.anomaly", "0.1234567"),
        ("weights.anomaly", "NaN"),
        ("review_from", "two"),
        ("block_from", "0.4"),
        ("block_from", "0.1"),
        ("carrier_ip_above", "0"),
        ("carrier_ip_above", "1.5"),
        ("links_above.device", "0"),
        ("device_accounts_above", ""),
        ("sample_share", "101"),
        ("actions.household", "explode"),
        ("actions.household", "wait"),
        ("curves.anomaly", "0: 1; 50: 0"),
        ("curves.redemption_haste", "0: 0; 5: 1"),
        ("curves.anomaly", "50"),
        ("curves.anomaly", "0: 2"),
        ("note", " "),
    ],
)
def test_what_cannot_be_is_said_at_its_field(author: Browser, path: str, value: str) -> None:
    answer = author.post(DRAFT, filled() | {path: value})
    assert list(answer.context["form"].errors) == [path]
    assert 'role="alert"' in text(answer)
    assert not RuleSetVersion.objects.filter(number=2).exists()


def test_a_curve_is_typed_drawn_and_told_beside_the_live_one(author: Browser) -> None:
    author.post(DRAFT, filled(curves__redemption_haste="0: 1; 0.5: 0,25; 60: 0"))
    draft = RuleSet.from_content(RuleSetVersion.objects.get(number=2).content)
    assert list(draft.curves) == ["redemption_haste"]
    shown = text(page(author))
    assert shown.count("<polyline") == 1
    assert "0 minutes: 100" in shown
    assert "from 1 minute on: 25" in shown
    assert "Counts by a learned curve" in shown
    assert "counts by a learned curve in place of its own" in shown
    assert "a curve of 3 steps" in shown
    assert "Learned curves" not in text(page(author, 1))
    form = author.get(at("edit")).context["form"]
    assert form["curves.redemption_haste"].value() == "0: 1; 0.5: 0.25; 60: 0"


def test_what_the_terms_demand_stays(author: Browser) -> None:
    author.post(DRAFT, filled(actions__above_cap="off"))
    assert RuleSetVersion.objects.get(number=2).content["actions"]["above_cap"] == "review"


def test_only_a_draft_is_edited(author: Browser, drafted: RuleSetVersion) -> None:
    step(author, "edit", **filled(carrier_ip_above="20"))
    drafted.refresh_from_db()
    assert drafted.content["carrier_ip_above"] == 20
    live = RuleSetVersion.objects.get(number=1).content
    answer = step(author, "edit", number=1, **filled(carrier_ip_above="20"))
    assert "It is no draft" in sentences_of(answer)[0]
    assert RuleSetVersion.objects.get(number=1).content == live


# From a draft to the live one.


@pytest.mark.usefixtures("drafted")
def test_two_people_put_it_live(author: Browser, second: Browser) -> None:
    shown = text(author.get(at("propose")))
    assert "What it changes from rule set 1" in shown
    step(author, "propose")
    assert "never run in shadow" in text(second.get(at("approve")))
    assert sentences_of(approve(second)) == ["Rule set 2 is live."]
    version = RuleSetVersion.objects.get(number=2)
    assert (version.proposed_by, version.approved_by) == ("author", "second")
    assert rule_sets_in_use(now=datetime.now(UTC))[0].number == 2
    assert "never changes again" in text(page(second))


@pytest.mark.usefixtures("drafted")
def test_the_proposer_is_told_why_not(author: Browser) -> None:
    step(author, "propose")
    shown = text(author.get(at("approve")))
    assert "another person has to approve it" in shown
    assert 'name="digest"' not in shown
    assert at("approve") not in text(page(author))
    answer = step(author, "approve", digest=rules_read(2, now=NOW))
    assert "another person has to approve it" in sentences_of(answer)[0]
    assert status() == "proposed"


def test_what_cannot_go_live_says_so(second: Browser) -> None:
    proposed(review_from=None, block_from=None)
    assert "stops nothing by its score" in text(page(second))
    assert 'name="digest"' not in text(second.get(at("approve")))
    answer = step(second, "approve", digest=rules_read(2, now=NOW))
    assert "stops nothing by its score" in sentences_of(answer)[0]
    assert status() == "proposed"


def test_of_two_who_approve_at_once_the_second_is_told(second: Browser, log_in: LogIn) -> None:
    third = log_in(VIEW, APPROVE, name="third")
    proposed()
    fields = read(third)
    approve(second)
    answer = step(third, "approve", **fields)
    assert "approved it or sent it back meanwhile" in sentences_of(answer)[0]
    assert RuleSetVersion.objects.get(number=2).approved_by == "second"


def test_nobody_approves_what_was_changed_since_it_was_read(second: Browser) -> None:
    proposed()
    fields = read(second)
    return_rules(number=2)
    change_draft(number=2, content={"review_from": "0.01"}, note="other", by="maker")
    propose_rules(number=2, by="maker", now=NOW, digest=rules_read(2, now=NOW))
    answer = step(second, "approve", **fields)
    assert "Read the difference again" in sentences_of(answer)[0]
    assert status() == "proposed"


def test_nobody_replaces_another_one_than_was_read(second: Browser) -> None:
    proposed()
    proposed(review_from="0.3")
    fields = read(second)
    approve_rules(number=3, by="checker", now=NOW, digest=rules_read(3, now=NOW))
    answer = step(second, "approve", **fields)
    assert "what is scheduled has changed" in sentences_of(answer)[0]
    assert status() == "proposed"


@pytest.mark.parametrize(
    "fields",
    [{}, {"digest": "x"}, {"digest": "é\x00"}],
)
def test_nobody_approves_unread(second: Browser, fields: dict[str, str]) -> None:
    proposed()
    second.post(at("approve"), fields)
    assert status() == "proposed"


def test_a_proposal_is_sent_back(second: Browser) -> None:
    proposed()
    assert "a draft that can be changed" in text(second.get(at("return")))
    step(second, "return")
    assert status() == "draft"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_does_not_apply_is_a_message(manager: Browser, name: str) -> None:
    before = RuleSetVersion.objects.values().get()
    assert sentences_of(step(manager, name, number=1))
    assert RuleSetVersion.objects.values().get() == before


def test_pages_of_steps_that_do_not_apply_lead_back(manager: Browser) -> None:
    for name in ("edit", "propose", "return", "approve"):
        assert sentences_of(manager.get(at(name, 1), follow=True)), name


# Shadow.


def test_a_shadow_starts_and_ends(second: Browser) -> None:
    proposed()
    for name in ("shadow_start", "shadow_end"):
        assert second.get(at(name)).status_code == 405
    step(second, "shadow_start")
    assert RuleSetVersion.objects.get(number=2).shadow_since_by == "second"
    shown = text(second.get(at("shadow")))
    assert "Nothing was screened since the shadow began" in shown
    assert "beside the live one since" in shown
    assert "Nothing was screened since" in text(second.get(at("approve")))
    step(second, "shadow_end")
    assert RuleSetVersion.objects.get(number=2).shadow_since_at is None


@pytest.mark.parametrize(
    ("number", "sentence"), [(1, "It went live without"), (2, "A draft does not run")]
)
def test_an_empty_report_says_why(reader: Browser, number: int, sentence: str) -> None:
    draft_rules(content=STRICT, note="", by="maker")
    assert sentence in text(reader.get(at("shadow", number)))


def test_what_would_differ(manager: Browser) -> None:
    first, other = couple(NOW)
    alone = register("alone", now=NOW - 9 * DAY).pk
    proposed()
    shadow_rules(number=2, by="maker", now=NOW - 2 * MINUTE)
    judged(first, other, alone, now=NOW - MINUTE)
    context = manager.get(at("shadow")).context
    assert [(each.value, each.note.replace("\u00a0", " ")) for each in context["figures"]] == [
        (
            "3",
            f"judged by both since {date_format(localtime(NOW - MINUTE, program_zone()), 'j M Y')}",
        ),
        ("2", "66.7 % of them"),
        ("2,000\u00a0₽", "2 of them"),
        ("0\u00a0₽", "0 of them"),
    ]
    [way] = context["ways"]
    assert (str(way.live.text), str(way.shadow.text)) == ("cleared", "to review")
    assert (way.number, way.value, str(way.direction)) == ("2", "2,000\u00a0₽", "stricter")
    [same] = context["agreements"]
    assert (same.number, same.value) == ("1", "1,000\u00a0₽")
    assert ["s0" in each["subscriber"] for each in context["subjects"]] == [True, False]
    assert context["subjects"][0]["live_score"] == context["subjects"][0]["shadow_score"]
    chosen = manager.get(at("shadow"), {"way": "clear-review"}).context["chosen"]
    assert chosen.count == 2
    ended = end_shadow(number=2)
    assert ended.shadow_since_at is None
    assert "judged in shadow from" in text(manager.get(at("shadow")))


def test_a_period_is_chosen(manager: Browser) -> None:
    first, _ = couple(NOW)
    proposed()
    shadow_rules(number=2, by="maker", now=NOW - 2 * MINUTE)
    judged(first, now=NOW - MINUTE)
    long_ago = {"since": "2020-01-01", "upto": "2020-01-31"}
    assert "nothing was judged by both" in text(manager.get(at("shadow"), long_ago))
    for wrong in ({"since": "soon"}, {"since": "2026-03-02", "upto": "2026-03-01"}):
        shown = manager.get(at("shadow"), wrong)
        assert "What is shown is" in text(shown)
        assert shown.context["report"].compared == 1


def test_a_case_is_linked(manager: Browser) -> None:
    proposed(review_from="50", block_from="90")
    shadow_rules(number=2, by="maker", now=NOW - 2 * MINUTE)
    payout_id = suspicious_payout(now=NOW - MINUTE)
    shown = text(manager.get(at("shadow")))
    assert reverse("admin:loyalty_payout_change", args=[payout_id]) in shown
    assert reverse("admin:fraud_case_change", args=[Case.objects.get().pk]) in shown
    assert "milder" in shown


def test_what_a_changed_draft_found_before_counts_no_longer(manager: Browser) -> None:
    first, _ = couple(NOW)
    proposed()
    shadow_rules(number=2, by="maker", now=NOW - 3 * MINUTE)
    judged(first, now=NOW - 2 * MINUTE)
    return_rules(number=2)
    change_draft(
        number=2, content={"review_from": "9", "block_from": "10"}, note="mild", by="maker"
    )
    propose_rules(number=2, by="maker", now=NOW - MINUTE, digest=rules_read(2, now=NOW - MINUTE))
    assert "It has never run in shadow" in text(manager.get(at("shadow")))
    assert "never run in shadow" in text(manager.get(at("approve")))


# Who may what.


def test_steps_need_their_permissions(reader: Browser, log_in: LogIn) -> None:
    proposed()
    assert page(reader).status_code == reader.get(at("shadow")).status_code == 200
    assert reader.get(DRAFT).status_code == reader.post(DRAFT, filled()).status_code == 403
    for name in STEPS:
        assert reader.get(at(name)).status_code == 403, name
        assert step(reader, name).status_code == 403, name
        assert at(name) not in text(page(reader)), name
    drafter = log_in(VIEW, CHANGE, name="drafter")
    assert step(drafter, "approve").status_code == 403
    assert status() == "proposed"


def test_who_may_not_see_rule_sets_sees_none(log_in: LogIn) -> None:
    draft_rules(content=STRICT, note="", by="maker")
    stranger = log_in("fraud.view_case")
    for address in (LIST, COMPARE, DRAFT, at("shadow"), at("edit"), at("approve")):
        assert stranger.get(address).status_code == 403, address
    assert page(stranger).status_code == 403
    assert LIST not in text(stranger.get(reverse("fraud-figures")))


def test_whoever_is_not_logged_in_is_asked_to() -> None:
    for address in (LIST, COMPARE, DRAFT, at("shadow"), at("approve")):
        assert Browser().get(address).status_code == 302, address
