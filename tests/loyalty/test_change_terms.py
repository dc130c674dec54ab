"""Drafting, proposing and activating terms: two persons, and never back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from kernel.refusals import Refusal
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import (
    SecondPersonNeeded,
    TermsAreFixed,
    TermsBeginInThePast,
    TermsNotProposed,
    UnknownTerms,
    activate_terms,
    change_draft,
    draft_terms,
    propose_terms,
    return_terms,
)
from loyalty.policy.terms import InvalidTerms, Terms
from loyalty.queries.terms import terms_calendar
from tests.books import dump, news
from tests.reading import terms_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> TermsVersion:
    return draft_terms(content={"lot_life_months": 6}, note="shorter", by="maker")


@pytest.fixture
def proposed(draft: TermsVersion, now: datetime) -> TermsVersion:
    return propose_terms(
        number=draft.number, by="maker", now=now, digest=terms_read(draft.number, now=now)
    )


def refused(refusal: type[Refusal], act: Callable[[], object]) -> None:
    before = dump()
    with pytest.raises(refusal):
        act()
    assert dump() == before


def test_the_first_version_is_the_brief_from_the_beginning() -> None:
    first = TermsVersion.objects.get()
    assert (first.number, first.status, first.activated_by) == (1, "active", "system")
    assert terms_calendar().at(datetime(1980, 1, 1, tzinfo=UTC)) == (1, Terms())


def test_a_draft_is_kept_whole(draft: TermsVersion) -> None:
    assert (draft.number, draft.status) == (2, "draft")
    assert draft.content == {**Terms().content(), "lot_life_months": 6}


def test_invalid_terms_are_no_draft(draft: TermsVersion) -> None:
    wrong = {"lot_life_months": 0}
    refused(InvalidTerms, lambda: draft_terms(content=wrong, note="", by="maker"))
    refused(InvalidTerms, lambda: change_draft(number=2, content=wrong, note="", by="maker"))


def test_only_a_draft_can_be_changed(proposed: TermsVersion, now: datetime) -> None:
    for number in (1, 2):
        refused(TermsAreFixed, partial(change_draft, number=number, content={}, note="", by="x"))
        refused(TermsAreFixed, partial(propose_terms, number=number, digest="", by="x", now=now))
    refused(UnknownTerms, lambda: change_draft(number=9, content={}, note="", by="maker"))


def test_proposed_terms_can_be_sent_back(proposed: TermsVersion) -> None:
    assert return_terms(number=2).status == "draft"
    refused(TermsNotProposed, lambda: return_terms(number=2))
    refused(TermsNotProposed, lambda: return_terms(number=1))


def test_a_second_person_activates(proposed: TermsVersion, now: datetime) -> None:
    start = now + timedelta(days=1)
    refused(
        SecondPersonNeeded,
        lambda: activate_terms(
            number=2, effective_from=start, by="maker", now=now, digest=terms_read(2, now=now)
        ),
    )
    activate_terms(
        number=2, effective_from=start, by="checker", now=now, digest=terms_read(2, now=now)
    )
    calendar = terms_calendar()
    assert calendar.at(start - timedelta(microseconds=1)).number == 1
    assert calendar.at(start).number == 2
    assert calendar.at(start).terms.lot_life_months == 6
    assert news("terms.activated")[0]["number"] == 2
    refused(
        TermsNotProposed,
        lambda: activate_terms(
            number=2, effective_from=start, by="checker", now=now, digest=terms_read(2, now=now)
        ),
    )


def test_nobody_activates_a_draft(draft: TermsVersion, now: datetime) -> None:
    refused(
        TermsNotProposed,
        lambda: activate_terms(
            number=2, effective_from=now, by="checker", now=now, digest=terms_read(2, now=now)
        ),
    )


def test_terms_begin_neither_in_the_past_nor_with_others(
    proposed: TermsVersion, now: datetime
) -> None:
    past = now - timedelta(microseconds=1)
    refused(
        TermsBeginInThePast,
        lambda: activate_terms(
            number=2, effective_from=past, by="checker", now=now, digest=terms_read(2, now=now)
        ),
    )
    activate_terms(
        number=2, effective_from=now, by="checker", now=now, digest=terms_read(2, now=now)
    )
    third = draft_terms(content={}, note="", by="maker")
    propose_terms(
        number=third.number, by="maker", now=now, digest=terms_read(third.number, now=now)
    )
    refused(
        TermsBeginInThePast,
        lambda: activate_terms(
            number=3, effective_from=now, by="checker", now=now, digest=terms_read(3, now=now)
        ),
    )
