"""Terms that begin later: noticed by every calendar, and withdrawn until shortly before."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal
from loyalty.models import TermsVersion
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.change_terms import (
    TermsBeginInThePast,
    TermsNotScheduled,
    UnknownTerms,
    activate_terms,
    draft_terms,
    propose_terms,
    withdraw_terms,
)
from loyalty.policy.terms import Terms
from loyalty.queries.terms import scheduled_terms, terms_calendar
from tests.books import dump, news, rows
from tests.factories import post, register
from tests.reading import terms_read

pytestmark = pytest.mark.django_db

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def activated(now: datetime, begins: datetime, **content: Any) -> int:
    number = draft_terms(content=content or Terms().content(), note="", by="maker").number
    propose_terms(number=number, by="maker", now=now, digest=terms_read(number, now=now))
    activate_terms(
        number=number,
        effective_from=begins,
        by="checker",
        now=now,
        digest=terms_read(number, now=now),
    )
    return number


def refused(refusal: type[Refusal], act: Callable[[], object]) -> None:
    before = dump()
    with pytest.raises(refusal):
        act()
    assert dump() == before


def withdraw(number: int, now: datetime) -> TermsVersion:
    return withdraw_terms(number=number, by="ann", reason="a mistake", now=now)


def test_scheduled_terms_are_told_in_the_order_of_their_beginnings(now: datetime) -> None:
    last, first = activated(now, now + 2 * DAY), activated(now, now + DAY)
    assert [each.number for each in scheduled_terms(now=now)] == [first, last]
    assert [each.number for each in scheduled_terms(now=now + DAY - TICK)] == [first, last]
    assert [each.number for each in scheduled_terms(now=now + DAY)] == [last]


def test_a_calendar_that_was_read_notices_the_withdrawal(now: datetime) -> None:
    number, begins = activated(now, now + DAY, lot_life_months=6), now + DAY
    assert terms_calendar().at(begins).number == number
    version = withdraw(number, begins - CLOCK_SKEW - TICK)
    assert (version.status, version.withdrawn_by) == ("withdrawn", "ann")
    assert terms_calendar().at(begins + DAY).number == 1
    assert scheduled_terms(now=now) == []
    # By its number it is still known: a clock that was ahead may have named it.
    assert terms_calendar().numbered(number).lot_life_months == 6


def test_calendars_tell_every_set_of_versions_apart(now: datetime) -> None:
    """Whatever is activated and withdrawn in between, no process keeps an old calendar."""

    def told() -> list[int]:
        return [version.number for _, version in terms_calendar().versions()]

    first, second = activated(now, now + DAY), activated(now, now + 2 * DAY)
    assert told() == [1, first, second]
    withdraw(first, now)
    assert told() == [1, second]
    third = activated(now - DAY, now + 3 * DAY)
    withdraw(second, now)
    assert told() == [1, third]
    withdraw(third, now)
    assert told() == [1]


def test_a_withdrawal_is_kept_with_its_reason_and_announced(now: datetime) -> None:
    number = activated(now, now + DAY)
    withdraw(number, now)
    [said] = news("terms.withdrawn")
    assert (said["number"], said["withdrawn_by"], said["reason"]) == (number, "ann", "a mistake")
    [event] = rows("SELECT pgh_context FROM loyalty_termsversionevent WHERE status = 'withdrawn'")
    assert event["pgh_context"] == '{"by": "ann", "reason": "a mistake"}'


@pytest.mark.parametrize("early", [CLOCK_SKEW, TICK, timedelta(0), -DAY])
def test_shortly_before_the_beginning_it_is_too_late(now: datetime, early: timedelta) -> None:
    begins = now + DAY
    number = activated(now, begins)
    refused(TermsNotScheduled, lambda: withdraw(number, begins - early))


def test_no_charge_names_withdrawn_terms(now: datetime) -> None:
    """The latest moment of a withdrawal is before any charge that may be dated into the terms."""
    begins = now + DAY
    number = activated(now, begins)
    register("anna", now=now - DAY)
    at = begins - CLOCK_SKEW - TICK
    post("early", "anna", amount_minor=10_000, occurred_at=at + CLOCK_SKEW, now=at)
    withdraw(number, at)
    assert rows("SELECT DISTINCT terms FROM loyalty_entry") == [{"terms": 1}]
    post("late", "anna", amount_minor=10_000, occurred_at=begins + DAY, now=begins + DAY)
    assert rows("SELECT DISTINCT terms FROM loyalty_entry") == [{"terms": 1}]
    assert audit_ledger(now=begins + 2 * DAY).holds


def test_only_what_is_scheduled_is_withdrawn(now: datetime) -> None:
    draft = draft_terms(content={}, note="", by="maker").number
    for number in (1, draft):
        refused(TermsNotScheduled, partial(withdraw, number, now))
    refused(UnknownTerms, lambda: withdraw(99, now))
    number = activated(now, now + DAY)
    withdraw(number, now)
    refused(TermsNotScheduled, lambda: withdraw(number, now))


def test_others_may_begin_when_the_withdrawn_ones_would_have(now: datetime) -> None:
    withdraw(activated(now, now + DAY), now)
    number = activated(now, now + DAY)
    assert terms_calendar().at(now + DAY).number == number
    third = draft_terms(content={}, note="", by="maker").number
    propose_terms(number=third, by="maker", now=now, digest=terms_read(third, now=now))
    refused(
        TermsBeginInThePast,
        lambda: activate_terms(
            number=third,
            effective_from=now + DAY,
            by="checker",
            now=now,
            digest=terms_read(third, now=now),
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"note": "another"},
        {"status": "draft"},
        {"status": "withdrawn", "withdrawn_by": "ann", "withdrawn_at": "2099-01-01T00:00Z"},
        {
            "status": "withdrawn", "withdrawn_by": "ann", "withdrawn_at": "1999-01-01T00:00Z",
            "note": "another",
        },
    ],
)  # fmt: skip
def test_in_sql_too_nothing_but_a_withdrawal_is_possible(
    now: datetime, change: dict[str, Any]
) -> None:
    number = activated(now, now + DAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        TermsVersion.objects.filter(number=number).update(**change)
    withdraw(number, now)
    with pytest.raises(DatabaseError), transaction.atomic():
        TermsVersion.objects.filter(number=number).update(**change)
