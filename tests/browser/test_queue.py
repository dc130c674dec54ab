"""Analysts walk the queue in a real browser: claim, read, decide, next."""

import re
from datetime import datetime
from typing import Any

import pytest

from fraud.models import BlockedIdentifier, Case, CaseEvent, SubscriberStanding
from fraud.operations.tend_cases import tend_cases
from tests.browser import story
from tests.browser.conftest import LogIn

QUEUE = "/admin/fraud/case/"


def case_of(page: Any) -> Case:
    found = re.search(r"/case/(\d+)/", page.url)
    assert found is not None, page.url
    return Case.objects.get(pk=int(found[1]))


def take_next(page: Any) -> Case:
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/case/\d+/change/"))
    ready(page)
    return case_of(page)


def ready(page: Any) -> None:
    """The form is there, and so are the scripts that listen to the keyboard."""
    page.wait_for_selector("#verdict-form")
    page.wait_for_load_state("load")


def messages(page: Any) -> str:
    return str(page.locator("#main").inner_text())


def test_claim_read_decide_next(log_in: LogIn, now: datetime) -> None:
    story.cap(now - 26 * story.HOUR)
    story.four_eyes(now - 3 * story.HOUR)
    tend_cases(now=now)
    ann = log_in("ann")
    ann.goto(QUEUE)
    assert "Take the next case" in ann.content()

    # Both are of the lowest band, and vera's credit is worth more; two persons decide over it.
    first = take_next(ann)
    assert (first.subscriber.external_id, first.claimed_by) == ("vera", "ann")
    assert re.fullmatch(r"5\d:\d\d", ann.locator("[data-countdown]").inner_text())
    assert "nobody decides alone" in ann.locator(".case-side").inner_text()
    ann.keyboard.press("p")
    # Shortcuts rest while somebody types.
    ann.keyboard.type("nfice? A longstanding customer.")
    assert ann.input_value("[name=reason]") == "nfice? A longstanding customer."
    assert ann.is_checked("[value=false_positive]")
    ann.click("text=Decide and take next")

    ann.wait_for_url(re.compile(rf"/case/(?!{first.pk}/)\d+/change/"))
    assert "somebody else has to confirm" in messages(ann)
    first.refresh_from_db()
    assert (first.status, first.proposed_by) == ("open", "ann")

    second = case_of(ann)
    assert second.subscriber.external_id == "boris"
    assert "Charges of this month earned more" in ann.locator("#why").inner_text()
    ann.keyboard.press("i")
    ann.check("[name=consequence][value=refuse]")
    ann.click("[data-canned] >> nth=8")
    ann.keyboard.press("Control+Enter")
    ann.wait_for_url(re.compile(r"/case/$"))
    second.refresh_from_db()
    assert (second.status, second.verdict, second.decided_by) == ("closed", "inconclusive", "ann")


def test_fraud_takes_the_linked_along(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.keyboard.press("c")
    ready(ann)
    ann.keyboard.press("f")
    ann.click("[data-canned]:visible >> nth=0")
    ann.click("summary:has-text('Block these identifiers')")
    ann.locator(".check", has_text="device").locator("input").check()
    ann.click("summary:has-text('Treat these linked accounts')")
    ann.locator("[name=linked] + span", has_text="ring-00").click()
    assert ann.locator("[data-count=linked]").inner_text() == "(1)"
    ann.click("button[name=stay]")
    ann.wait_for_selector("text=Decided")
    case.refresh_from_db()
    assert case.verdict == "confirmed_fraud"
    assert BlockedIdentifier.objects.get().identifier.kind == "device"
    standings = dict(SubscriberStanding.objects.values_list("subscriber__external_id", "standing"))
    assert standings == {"ring-04": "blocked", "ring-00": "blocked"}


def test_what_belongs_to_another_verdict_is_not_sent(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.keyboard.press("c")
    ready(ann)
    ann.keyboard.press("f")
    ann.click("summary:has-text('Block these identifiers')")
    ann.check("[name=block] >> nth=0")
    ann.check("[value=false_positive]")
    ann.fill("[name=reason]", "A family after all.")
    ann.click("button[name=stay]")
    ann.wait_for_selector("text=Decided")
    case.refresh_from_db()
    assert case.verdict == "false_positive"
    assert not BlockedIdentifier.objects.exists()


def test_the_graph_answers_to_clicks(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.wait_for_selector("[data-graph][data-ready]")
    ann.locator("#graph").scroll_into_view_if_needed()
    place = ann.evaluate(
        "() => document.getElementById('graph')._cyreg.cy.nodes('[label = \"ring-00\"]')"
        ".renderedPosition()"
    )
    frame = ann.locator("#graph").bounding_box()
    ann.mouse.click(frame["x"] + place["x"], frame["y"] + place["y"])
    details = ann.locator("#graph-details")
    assert "ring-00" in details.inner_text()
    assert "invited ring-04" in details.inner_text()
    details.locator("a").click()
    ann.wait_for_url(re.compile("/statement/"))


def test_of_a_crowd_the_nearest_are_drawn(log_in: LogIn, now: datetime) -> None:
    story.crowd(2000, now)
    case = Case.objects.get()
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.wait_for_selector("[data-graph][data-ready]")
    drawn = "() => document.getElementById('graph')._cyreg.cy.nodes('[type = \"account\"]').length"
    assert ann.evaluate(drawn) == 201
    extent = ann.locator("#graph-extent").inner_text()
    assert extent == "The nearest 200 of more than 1,000 linked accounts are shown."


def test_snooze_and_escalate_by_keyboard(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.keyboard.press("c")
    ready(ann)
    ann.keyboard.press("e")
    ann.wait_for_selector("#escalate-dialog[open]")
    ann.keyboard.press("Escape")
    ann.wait_for_selector("#escalate-dialog", state="hidden")
    ann.keyboard.press("s")
    ann.locator("#snooze-dialog [name=reason]").fill("She calls back tomorrow.")
    ann.click("#snooze-dialog button[type=submit]")
    ann.wait_for_url(re.compile(r"/case/$"))
    assert "sleeps until" in messages(ann)
    assert list(CaseEvent.objects.filter(case=case).values_list("step", flat=True)) == [
        "open", "claim", "snooze",
    ]  # fmt: skip


def test_the_second_analyst_confirms(log_in: LogIn, now: datetime) -> None:
    story.four_eyes(now)
    tend_cases(now=now)
    ann, ben = log_in("ann"), log_in("ben")
    ann.goto(QUEUE)
    case = take_next(ann)
    ann.keyboard.press("p")
    ann.keyboard.type("Long known.")
    ann.click("button[name=stay]")
    ann.wait_for_selector("text=You have proposed a verdict")
    ben.goto(f"{QUEUE}?show=confirm")
    take_next(ben)
    assert "ann proposes" in ben.locator(".case-side").inner_text()
    assert ben.is_checked("[value=false_positive]")
    ben.fill("[name=reason]", "I agree.")
    ben.click("button[name=stay]")
    ben.wait_for_selector("text=Decided")
    case.refresh_from_db()
    assert (case.verdict, case.decided_by) == ("false_positive", "ben")


def test_a_senior_decides_over_many(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    joins = Case.objects.filter(subject_type="join").count()
    sue = log_in("sue", "Senior fraud analyst")
    sue.goto(f"{QUEUE}?queue=account")
    for box in sue.locator("input.action-select").all():
        box.check()
    sue.select_option("select[name=action]", "decide")
    sue.click("button[name=index]")
    ready(sue)
    sue.keyboard.press("f")
    sue.keyboard.type("One ring.")
    sue.click("text=Decide over all of them")
    sue.wait_for_url(re.compile(r"/case/$"))
    assert f"{joins} cases are decided" in messages(sue)


def test_the_graph_has_a_table_that_says_the_same(log_in: LogIn, now: datetime) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann")
    ann.goto(f"{QUEUE}{case.pk}/change/")
    ann.click("summary:has-text('The same as a table')")
    link = ann.locator("td > a", has_text="ring-00")
    row = ann.locator("#graph-table tr", has=link).inner_text()
    assert "invited ring-04" in row
    assert "device …" in row


@pytest.mark.parametrize("width", [400, 1440])
def test_the_page_is_no_wider_than_the_screen(log_in: LogIn, now: datetime, width: int) -> None:
    story.ring(now)
    case = Case.objects.get(subscriber__external_id="ring-04")
    ann = log_in("ann", viewport={"width": width, "height": 800})
    for address in (QUEUE, f"{QUEUE}{case.pk}/change/"):
        ann.goto(address)
        assert ann.evaluate("document.documentElement.scrollWidth") <= width
