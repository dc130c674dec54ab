"""A rule set's page, the list and its approval say what backtests of just this content found."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from fraud.models import Trial
from fraud.operations.change_rule_sets import change_draft, draft_rules, propose_rules, return_rules
from fraud.operations.request_trials import request_backtest, request_calibration
from fraud.operations.run_trials import run_next_trial
from fraud.policy.rule_set_changes import content_digest
from fraud.policy.rulesets import RuleSet
from loyalty.policy.gate import Subject
from tests.admin.conftest import LogIn
from tests.factories import register
from tests.reading import rules_read

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
STRICT = {"review_from": "0.05", "block_from": "0.9"}
READS = ("fraud.view_rulesetversion", "fraud.view_trial")
UNKNOWN = "nobody knows yet what it would stop"


@pytest.fixture
def approver(log_in: LogIn) -> Browser:
    return log_in(*READS, "fraud.approve_rulesetversion", "fraud.add_trial", name="approver")


@pytest.fixture
def screened(db: None) -> None:
    """Two on one tablet were let out; STRICT would have stopped them."""
    from fraud.operations.screen import screen
    from tests.factories import digest

    tablet = digest("device", "tablet")
    keys = [register(f"s{n}", identifiers=[tablet], now=NOW - 9 * DAY).pk for n in range(2)]
    subjects = [Subject("redemption", f"r{key}", key, "bill_credit", 100_000) for key in keys]
    screen(subjects=subjects, now=NOW - DAY)


def backtest(number: int) -> Trial:
    trial = request_backtest(
        rule_set=number, since=NOW - 9 * DAY, until=NOW + DAY, recompute=False,
        minutes_per_case=30, by="maker", now=NOW,
    )  # fmt: skip
    assert run_next_trial(worker="w", clock=lambda: NOW) is not None
    return trial


def proposed(**content: Any) -> int:
    number = draft_rules(content=content or STRICT, note="", by="maker").number
    propose_rules(
        number=number, by="maker", now=NOW - DAY, digest=rules_read(number, now=NOW - DAY)
    )
    return number


def text(browser: Browser, name: str, *args: Any) -> str:
    answer = browser.get(reverse(f"admin:{name}", args=args))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.usefixtures("screened")
def test_the_approval_says_what_the_backtest_found(approver: Browser) -> None:
    number = proposed()
    assert UNKNOWN in text(approver, "fraud_rules_approve", number)
    trial = backtest(number)
    shown = text(approver, "fraud_rules_approve", number)
    assert UNKNOWN not in shown
    assert reverse("admin:fraud_trial_change", args=[trial.pk]) in shown
    assert "judged exactly this rule set" in shown
    assert "it stops 2,000\u00a0₽ more and releases 0\u00a0₽" in shown
    assert "maker" in shown


@pytest.mark.usefixtures("screened")
def test_the_list_and_the_page_tell_it_too(approver: Browser) -> None:
    number = proposed()
    trial = backtest(number)
    address = reverse("admin:fraud_trial_change", args=[trial.pk])
    for shown in (
        text(approver, "fraud_rulesetversion_changelist"),
        text(approver, "fraud_rulesetversion_change", number),
    ):
        assert address in shown
        assert "it stops 2,000\u00a0₽ more" in shown


@pytest.mark.usefixtures("screened")
def test_a_backtest_of_what_it_said_before_says_nothing_of_it(approver: Browser) -> None:
    number = draft_rules(content=STRICT, note="", by="maker").number
    backtest(number)
    change_draft(number=number, content={**STRICT, "carrier_ip_above": 9}, note="", by="maker")
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    shown = text(approver, "fraud_rules_approve", number)
    assert UNKNOWN in shown
    assert "1 item differs since" in shown
    assert "judged exactly this" not in shown
    listed = text(approver, "fraud_rulesetversion_changelist")
    assert "it stops 2,000" not in listed
    # Changed back, it is what was judged; however its numbers are written.
    return_rules(number=number)
    change_draft(
        number=number, content={"review_from": "0.050", "block_from": "0.90"}, note="", by="maker"
    )
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    assert UNKNOWN not in text(approver, "fraud_rules_approve", number)


@pytest.mark.usefixtures("screened")
def test_a_copy_has_the_trials_of_what_it_was_copied_from(approver: Browser) -> None:
    backtest(proposed())
    copy = proposed()
    assert "judged exactly this rule set" in text(approver, "fraud_rules_approve", copy)


@pytest.mark.usefixtures("screened")
def test_a_trial_under_way_is_listed_and_counts_for_nothing(approver: Browser) -> None:
    number = proposed()
    request_calibration(
        rule_set=number, since=NOW - 9 * DAY, until=NOW, false_positives_max_millionths=10_000,
        by="maker", now=NOW,
    )  # fmt: skip
    assert UNKNOWN in text(approver, "fraud_rules_approve", number)
    shown = text(approver, "fraud_rulesetversion_change", number)
    assert "Calibration" in shown
    assert "waiting" in shown


def test_backtest_this_opens_the_form_filled_in(approver: Browser, log_in: LogIn) -> None:
    number = proposed()
    address = f"{reverse('admin:fraud_trial_backtest')}?rule_set={number}"
    assert f'href="{address}"' in text(approver, "fraud_rulesetversion_change", number)
    form = approver.get(address).context["form"]
    assert int(form["rule_set"].value()) == number
    reader = log_in(*READS, name="reader")
    shown = text(reader, "fraud_rulesetversion_change", number)
    assert "Backtest this" not in shown
    assert "Nobody has tried this rule set yet" in shown


def test_equal_contents_have_one_digest_and_others_another() -> None:
    base = content_digest(RuleSet())
    assert content_digest(RuleSet.from_content({"review_from": "0.400"})) == base
    changes: list[dict[str, Any]] = [
        {"review_from": "0.41"},
        {"review_from": None},
        {"carrier_ip_above": 51},
        {"sample_share": "0.02"},
        {"weights": {"anomaly": "0.01"}},
        {"actions": {"household": "refuse"}},
    ]
    digests = {content_digest(RuleSet.from_content(each)) for each in changes}
    assert len(digests | {base}) == len(changes) + 1
