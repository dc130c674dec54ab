"""Terms are drafted in a form, compared in words, and put in force by two people."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from loyalty.admin.terms.forms import TermsForm
from loyalty.admin.terms.wording import WORDINGS, said, unit_of
from loyalty.models import TermsVersion
from loyalty.policy.terms import Terms
from loyalty.policy.terms_changes import changes_between, content_with, terms_by_path
from tests.admin.conftest import LogIn, digest_on

DRAFT = reverse("admin:loyalty_terms_draft")
VIEW, CHANGE = "loyalty.view_termsversion", "loyalty.change_termsversion"
ACTIVATE = "loyalty.activate_termsversion"


def filled(**changes: str) -> dict[str, Any]:
    form = TermsForm(terms=Terms())
    values = {path: str(form.fields[path].initial) for path in form.terms}
    named = {path.replace("__", "."): value for path, value in changes.items()}
    return {**values, "note": "Winter", **named}


def step(browser: Browser, name: str, number: int = 2, **fields: Any) -> Any:
    address = reverse(f"admin:loyalty_terms_{name}", args=[number])
    if name in ("propose", "activate"):
        page = reverse("admin:loyalty_termsversion_change", args=[number])
        fields = {"digest": digest_on(browser, page), **fields}
    return browser.post(address, fields, follow=True)


@pytest.fixture
def author(log_in: LogIn) -> Browser:
    """May draft and propose, and would be allowed to activate what others proposed."""
    return log_in(VIEW, CHANGE, ACTIVATE, name="author")


@pytest.fixture
def second(log_in: LogIn) -> Browser:
    return log_in(VIEW, ACTIVATE, name="second")


@pytest.fixture
def drafted(author: Browser) -> TermsVersion:
    answer = author.post(DRAFT, filled(tiers__gold__multiplier="1.75", lot_life_months="18"))
    assert answer.status_code == 302, answer.context["form"].errors
    return TermsVersion.objects.get(number=2)


def test_every_term_has_words_and_a_unit() -> None:
    terms = terms_by_path(Terms())
    assert terms.keys() == WORDINGS.keys()
    assert all(said(path, value) for path, value in terms.items())
    assert all(WORDINGS[path].explanation for path in terms)


def test_terms_by_path_come_back_whole() -> None:
    content = content_with(terms_by_path(Terms()))
    assert Terms.from_content(content) == Terms()
    assert changes_between(Terms(), Terms.from_content(content)) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("caps.benefit_month_minor", 750_050, "7,500.50 ₽"),
        ("caps.benefit_month_minor", 500_000, "5,000 ₽"),
        ("lot_life_months", 1, "1 month"),
        ("lot_life_months", 18, "18 months"),
        ("redemption.points_min", 100, "100 points"),
        ("redemption.reservation_hours", 72, "72 hours"),
        ("referral.instalments", 3, "3"),
    ],
)
def test_values_in_units(path: str, value: int, words: str) -> None:
    assert said(path, value).replace("\u00a0", " ") == words


def test_contract_months_are_months() -> None:
    assert unit_of("renewal.contract_months_min") == "months"
    assert unit_of("referral.per_month_max") == "count"


def test_a_draft_says_what_was_filled_in(drafted: TermsVersion) -> None:
    terms = Terms.from_content(drafted.content)
    changed = {change.path: str(change.new) for change in changes_between(Terms(), terms)}
    assert changed == {"tiers.gold.multiplier": "1.75", "lot_life_months": "18"}
    assert (drafted.status, drafted.note) == ("draft", "Winter")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lot_life_months", "0"),
        ("lot_life_months", "9999999"),
        ("lot_life_months", "x"),
        ("point_value_minor", "0"),
        ("point_value_minor", "0.001"),
        ("caps.benefit_month_minor", "-1"),
        ("tiers.gold.multiplier", "0"),
        ("tiers.gold.multiplier", "NaN"),
        ("tiers.gold.paid_min_minor", "6000"),
        ("earning_rates.device", ""),
    ],
)
def test_what_cannot_be_is_said_at_its_field(author: Browser, path: str, value: str) -> None:
    answer = author.post(DRAFT, filled() | {path: value})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [path]
    assert not TermsVersion.objects.filter(number=2).exists()


def test_only_a_draft_is_edited(author: Browser, drafted: TermsVersion) -> None:
    assert step(author, "edit", **filled(lot_life_months="24")).status_code == 200
    drafted.refresh_from_db()
    assert drafted.content["lot_life_months"] == 24
    answer = step(author, "edit", number=1, **filled(lot_life_months="24"))
    assert "Only a draft can be changed" in answer.content.decode()
    assert TermsVersion.objects.get(number=1).content["lot_life_months"] == 12


@pytest.mark.usefixtures("drafted")
def test_the_difference_shows_only_what_changed(author: Browser) -> None:
    address = reverse("admin:loyalty_terms_compare")
    difference = author.get(address, {"old": "1", "new": "2"}).context["difference"]
    assert [(str(row.name), row.old, row.new) for row in difference.rows] == [
        ("Life of points", "12 months", "18 months"),
        ("Gold: multiplier", "× 1.5", "× 1.75"),
    ]
    for query in ({"old": "1", "new": "1"}, {"old": "x", "new": "9"}, {}):
        assert "two different versions" in author.get(address, query).content.decode()


@pytest.mark.usefixtures("drafted")
def test_two_people_put_terms_in_force(author: Browser, second: Browser) -> None:
    step(author, "propose")
    answer = step(second, "activate", effective_from="2099-01-01T00:00")
    version = TermsVersion.objects.get(number=2)
    assert "is in force from 1 Jan 2099" in answer.content.decode()
    assert (version.proposed_by, version.activated_by) == ("author", "second")
    assert version.effective_from == datetime.fromisoformat("2099-01-01T00:00+03:00")


@pytest.mark.usefixtures("drafted")
def test_the_proposer_is_refused(author: Browser) -> None:
    step(author, "propose")
    answer = step(author, "activate", effective_from="2099-01-01T00:00")
    assert "another person" in answer.content.decode()
    assert TermsVersion.objects.get(number=2).status == "proposed"


def test_an_author_does_not_activate_what_a_colleague_proposed(
    author: Browser, second: Browser, log_in: LogIn
) -> None:
    author.post(DRAFT, filled(lot_life_months="18"))
    editor = log_in(VIEW, CHANGE, ACTIVATE, name="editor")
    step(editor, "edit", **filled(lot_life_months="24"))
    colleague = log_in(VIEW, CHANGE, name="colleague")
    step(colleague, "propose")
    for who in (author, editor):
        answer = step(who, "activate", effective_from="2099-01-01T00:00")
        assert "You have drafted, changed or proposed these terms" in answer.content.decode()
        assert TermsVersion.objects.get(number=2).status == "proposed"
    step(second, "activate", effective_from="2099-01-01T00:00")
    assert TermsVersion.objects.get(number=2).activated_by == "second"


@pytest.mark.usefixtures("drafted")
def test_nobody_activates_what_was_exchanged_under_the_open_page(
    author: Browser, second: Browser
) -> None:
    step(author, "propose")
    read = digest_on(second, reverse("admin:loyalty_terms_activate", args=[2]))
    step(author, "return")
    step(author, "edit", **filled(referral__bonus_minor="999999"))
    step(author, "propose")
    begins = "2099-01-01T00:00"
    answer = step(second, "activate", effective_from=begins, digest=read)
    assert "Read them again" in answer.content.decode()
    assert TermsVersion.objects.get(number=2).status == "proposed"
    # The page that answers shows what is proposed now, and it can be confirmed.
    again = answer.context["digest"]
    assert "999,999" in answer.content.decode()
    step(second, "activate", effective_from=begins, digest=again)
    assert TermsVersion.objects.get(number=2).status == "active"


@pytest.mark.usefixtures("drafted")
def test_terms_do_not_begin_in_the_past(author: Browser, second: Browser) -> None:
    step(author, "propose")
    answer = step(second, "activate", effective_from="2020-01-01T00:00")
    assert list(answer.context["form"].errors) == ["effective_from"]
    assert TermsVersion.objects.get(number=2).status == "proposed"


@pytest.mark.usefixtures("drafted")
def test_a_proposal_is_sent_back(author: Browser, second: Browser) -> None:
    step(author, "propose")
    step(second, "return")
    assert TermsVersion.objects.get(number=2).status == "draft"


@pytest.mark.parametrize("name", ["propose", "return", "activate", "edit"])
@pytest.mark.parametrize("number", [1, 99])
def test_a_step_that_does_not_apply_is_a_message(manager: Browser, name: str, number: int) -> None:
    answer = step(manager, name, number=number)
    assert answer.status_code == 200
    assert list(answer.context["messages"])
    assert TermsVersion.objects.count() == 1


@pytest.mark.usefixtures("drafted")
def test_steps_need_their_permissions(author: Browser, log_in: LogIn) -> None:
    reader = log_in(VIEW, name="reader")
    assert reader.get(reverse("admin:loyalty_termsversion_change", args=[2])).status_code == 200
    assert reader.get(DRAFT).status_code == 403
    for name in ("edit", "propose", "return", "activate"):
        assert step(reader, name).status_code == 403
    drafter = log_in(VIEW, CHANGE, name="drafter")
    step(drafter, "propose")
    assert step(drafter, "activate").status_code == 403


def test_steps_are_posted(manager: Browser) -> None:
    for name in ("propose", "return"):
        address = reverse(f"admin:loyalty_terms_{name}", args=[1])
        assert manager.get(address).status_code == 405
