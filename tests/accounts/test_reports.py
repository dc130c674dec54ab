"""Reports in any order: the newest one counts, and a late one changes nothing at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from accounts.models import IdentifierUse, StatusPeriod, Subscriber
from accounts.operations import put_subscribers, read_personal_data
from accounts.policy.reports import ReportedInTheFuture, StaleReport
from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal
from tests.books import dump, news
from tests.factories import ACTIVATED_AT, digest, item

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def put(now: datetime, *reports: dict[str, Any]) -> list[type[Refusal] | None]:
    made = [item(**{"subscriber_id": "s", **report}) for report in reports]
    outcomes = put_subscribers(subscribers=made, now=now)
    return [type(each.refusal) if each.refusal else None for each in outcomes]


def full(at: datetime, number: int, **said: Any) -> dict[str, Any]:
    """A report that names everything that a report can change."""
    return {
        "reported_at": at,
        "msisdn": digest("phone", f"+7916000000{number}"),
        "plan": f"Plan {number}",
        "region": f"Region {number}",
        "optional": {
            "contract_months": number,
            "contract_ends_on": at.date(),
            "phone_verified": number % 2 == 0,
            "identity_verified": number % 2 == 1,
        },
        "identifiers": [digest("device", f"device-{number}")],
        "personal": {"name": f"Name {number}", "birth_date": f"199{number}-01-01"},
        **said,
    }


def state() -> dict[str, Any]:
    """A subscriber as billing last described them, without what earlier reports leave behind."""
    row: dict[str, Any] = dict(Subscriber.objects.values().get(external_id="s"))
    for name in ("id", "created_at", "updated_at"):
        del row[name]
    row["msisdn_id"] = Subscriber.objects.get(external_id="s").msisdn.digest  # type: ignore[union-attr]
    last = StatusPeriod.objects.filter(subscriber__external_id="s", ends_at=None)
    row["since"] = last.values_list("status", "starts_at").get()
    key = Subscriber.objects.get(external_id="s").pk
    row["vault"] = read_personal_data(subscriber_id=key, by="ann", reason="test", now=ACTIVATED_AT)
    return row


def nothing_changed(now: datetime, late: Sequence[dict[str, Any]]) -> None:
    before = dump()
    assert put(now, *late) == [StaleReport] * len(late)
    assert dump() == before


@pytest.mark.parametrize(
    "late",
    [
        {"status": "suspended"},
        {"status": "closed", "closed_at": ACTIVATED_AT + DAY},
        {"activated_at": ACTIVATED_AT - DAY},
        {"plan": "another"},
        {"msisdn": digest("phone", "+79160000009")},
        {"identifiers": [digest("card", "another")]},
        {"personal": {"name": "Another", "birth_date": None}},
        {"optional": {"contract_months": 24, "phone_verified": False}},
    ],
    ids=lambda late: next(iter(late)),
)
def test_a_late_report_changes_nothing(late: dict[str, Any], now: datetime) -> None:
    put(now, full(now, 1))
    nothing_changed(now + HOUR, [full(now - HOUR, 1, **late)])


def test_last_nights_file_does_not_reopen_a_line_that_was_closed_this_morning(
    now: datetime,
) -> None:
    put(now - DAY, full(now - DAY, 1))
    put(now, full(now, 2, status="closed", closed_at=now - HOUR))
    nothing_changed(now + HOUR, [full(now - 10 * HOUR, 1)])
    assert len(news("subscriber.closed")) == 1


def test_a_report_that_says_nothing_new_moves_the_moment_on(now: datetime) -> None:
    put(now, full(now - 3 * HOUR, 1))
    changed_at = Subscriber.objects.get().updated_at
    [outcome] = put_subscribers(
        subscribers=[item(subscriber_id="s", **full(now - HOUR, 1))], now=now
    )
    # The contract's end is the day of the report, which is the same one.
    assert not outcome.changed
    row = Subscriber.objects.get()
    assert (row.reported_at, row.updated_at) == (now - HOUR, changed_at)
    nothing_changed(now, [full(now - 2 * HOUR, 2)])


def test_a_report_without_a_moment_is_as_of_now(now: datetime) -> None:
    put(now, {})
    nothing_changed(now, [full(now - timedelta(microseconds=1), 1)])
    put(now, full(now + CLOCK_SKEW, 1))
    assert put(now, {"plan": "undated"}) == [None]
    row = Subscriber.objects.get()
    assert (row.plan, row.reported_at) == ("undated", now + CLOCK_SKEW)


def test_of_two_reports_of_one_moment_the_one_received_later_counts(now: datetime) -> None:
    assert put(now, full(now, 1)) == [None]
    before = dump(without=("accounts_identifieruse",))
    assert put(now, full(now, 1)) == [None]
    assert dump(without=("accounts_identifieruse",)) == before
    assert put(now, full(now, 2)) == [None]
    assert Subscriber.objects.get().plan == "Plan 2"


def test_a_report_of_the_future_is_refused(now: datetime) -> None:
    before = dump()
    assert put(now, full(now + CLOCK_SKEW + HOUR, 1)) == [ReportedInTheFuture]
    assert dump() == before


def test_a_status_without_a_date_begins_when_it_was_reported(now: datetime) -> None:
    put(now - DAY, {"reported_at": now - DAY})
    put(now, {"reported_at": now - HOUR, "status": "suspended"})
    assert StatusPeriod.objects.get(status="suspended").starts_at == now - HOUR


def test_rows_from_before_reports_had_a_moment_count_from_their_last_change(
    now: datetime,
) -> None:
    put(now, full(now, 1))
    Subscriber.objects.update(reported_at=None)
    nothing_changed(now + HOUR, [full(now - HOUR, 2)])
    assert put(now + HOUR, full(now + HOUR, 2)) == [None]


REPORTS = (
    ("active", None),
    ("suspended", ACTIVATED_AT + 20 * DAY),
    ("closed", ACTIVATED_AT + 30 * DAY),
    ("active", ACTIVATED_AT + 40 * DAY),
)


@pytest.mark.parametrize("newest", range(4))
@pytest.mark.parametrize("in_one_call", [False, True])
def test_any_order_ends_with_the_newest(in_one_call: bool, newest: int, now: datetime) -> None:
    # Each of the four is the newest once; the others come before it in time.
    ordered = [*(n for n in range(4) if n != newest), newest]
    reports = [
        full(now - (4 - place) * HOUR, n, status=REPORTS[n][0], status_since=REPORTS[n][1])
        for place, n in enumerate(ordered)
    ]
    ends = []
    for order in permutations(reports):
        if in_one_call:
            put(now, *order)
        else:
            for report in order:
                put(now, report)
        ends.append(state())
        _forget()
    expected = ("Plan", REPORTS[newest][0], now - HOUR)
    assert {(end["plan"][:4], end["status"], end["reported_at"]) for end in ends} == {expected}
    plain = [{k: v for k, v in end.items() if k not in ("since", "left_before_at")} for end in ends]
    assert all(end == plain[0] for end in plain)


def test_a_repeated_month_of_reports_changes_nothing(now: datetime) -> None:
    reports = [full(now - n * HOUR, n) for n in (3, 2, 1)]
    for report in reports:
        put(now, report)
    assert IdentifierUse.objects.count() == 6
    before = dump(without=("accounts_identifieruse",))
    assert [put(now + DAY, report) for report in reports] == [[StaleReport], [StaleReport], [None]]
    assert dump(without=("accounts_identifieruse",)) == before


def _forget() -> None:
    """Let the next report be of somebody new."""
    row = Subscriber.objects.get(external_id="s")
    Subscriber.objects.filter(pk=row.pk).update(external_id=f"done-{row.pk}")
