"""Taking in what billing says of subscribers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Identifier, IdentifierUse, StatusPeriod, Subscriber
from accounts.operations import put_subscribers, read_personal_data
from accounts.policy.history import ClosingDatesDiffer, StatusBeforeActivation, StatusInTheFuture
from accounts.queries.subscribers import (
    NoSuchSubscriber,
    Window,
    stayed_without_gap,
    subscriber_called,
)
from kernel.refusals import Refusal
from tests.books import dump, news
from tests.factories import ACTIVATED_AT, digest, item, register

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# What is seen again is seen later: the one thing that a repetition moves.
SEEN = ("accounts_identifieruse",)


def put(now: datetime, subscriber_id: str = "s", **said: Any) -> Any:
    said.setdefault("msisdn", digest("phone", "+79160000001"))
    [outcome] = put_subscribers(subscribers=[item(subscriber_id=subscriber_id, **said)], now=now)
    return outcome


def vault(subscriber_id: str = "s") -> dict[str, str]:
    key = Subscriber.objects.get(external_id=subscriber_id).pk
    return read_personal_data(subscriber_id=key, by="ann", reason="a test", now=ACTIVATED_AT)


def periods(subscriber_id: str = "s") -> list[tuple[str, datetime, datetime | None]]:
    found = StatusPeriod.objects.filter(subscriber__external_id=subscriber_id)
    return list(found.order_by("starts_at").values_list("status", "starts_at", "ends_at"))


def test_registers_a_new_subscriber(now: datetime) -> None:
    outcome = put(now, plan="M", region="Tver", personal={"birth_date": "1990-02-28"})
    assert (outcome.created, outcome.changed, outcome.refusal) == (True, True, None)
    made = Subscriber.objects.get()
    assert (made.external_id, made.status, made.plan, made.region) == ("s", "active", "M", "Tver")
    assert (made.activated_at, made.closed_at) == (ACTIVATED_AT, None)
    assert (vault(), made.phone_verified) == ({"birth_date": "1990-02-28"}, True)
    assert periods() == [("active", ACTIVATED_AT, None)]
    assert [said["subscriber_id"] for said in news("subscriber.registered")] == ["s"]


def test_changes_nothing_when_nothing_is_new(now: datetime) -> None:
    put(now)
    before = dump(without=SEEN)
    outcome = put(now + DAY, reported_at=now)
    assert (outcome.created, outcome.changed) == (False, False)
    assert dump(without=SEEN) == before


def test_keeps_what_a_report_does_not_name(now: datetime) -> None:
    named = {"contract_months": 12, "phone_verified": True}
    put(now, optional=named, personal={"birth_date": "1990-02-28", "email": "a@example.com"})
    put(now, optional={"identity_verified": True})
    put(now, personal={"birth_date": None})
    kept = Subscriber.objects.get()
    assert (vault(), kept.contract_months) == ({"email": "a@example.com"}, 12)
    assert (kept.phone_verified, kept.identity_verified) == (True, True)


def test_adds_identifiers_to_those_known(now: datetime) -> None:
    put(now, identifiers=[digest("card", "a"), digest("device", "d"), digest("card", "a")])
    put(now + DAY, identifiers=[digest("card", "b")])
    uses = IdentifierUse.objects.order_by("identifier__kind", "first_seen_at")
    assert [(use.identifier.kind, use.first_seen_at, use.last_seen_at) for use in uses] == [
        ("card", now, now),
        ("card", now + DAY, now + DAY),
        ("device", now, now),
        ("phone", now, now + DAY),
    ]


def test_shares_an_identifier_between_subscribers(now: datetime) -> None:
    shared = digest("card", "a")
    put(now, "a", identifiers=[shared], msisdn=digest("phone", "+79160000001"))
    put(now, "b", identifiers=[shared], msisdn=digest("phone", "+79160000002"))
    assert Identifier.objects.filter(kind="card").count() == 1
    assert IdentifierUse.objects.filter(identifier__kind="card").count() == 2


def test_moves_the_number_of_a_line(now: datetime) -> None:
    put(now)
    put(now, msisdn=digest("phone", "+79160000002"), msisdn_country="RU")
    line = Subscriber.objects.get()
    assert line.msisdn is not None
    assert bytes(line.msisdn.digest) == digest("phone", "+79160000002").digest
    assert IdentifierUse.objects.count() == 2


def test_keeps_no_value_of_an_identifier(now: datetime) -> None:
    put(now, identifiers=[digest("passport", "4510123456")])
    everything = str(dump())
    assert "4510123456" not in everything
    assert "9160000001" not in everything


def test_closes_and_reopens(now: datetime) -> None:
    put(now)
    put(now, status="closed", closed_at=now - DAY)
    closed = Subscriber.objects.get()
    assert (closed.status, closed.closed_at) == ("closed", now - DAY)
    put(now + DAY, status="active")
    opened = Subscriber.objects.get()
    assert (opened.status, opened.closed_at) == ("active", None)
    assert periods() == [
        ("active", ACTIVATED_AT, now - DAY),
        ("closed", now - DAY, now + DAY),
        ("active", now + DAY, None),
    ]
    assert [said["status"] for said in news("subscriber.status_changed")] == ["closed", "active"]
    assert len(news("subscriber.closed")) == 1


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"activated_at": datetime(2027, 1, 1, tzinfo=UTC)}, StatusInTheFuture),
        ({"status_since": ACTIVATED_AT - DAY}, StatusBeforeActivation),
        ({"closed_at": ACTIVATED_AT + DAY}, ClosingDatesDiffer),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_refuses_what_cannot_be_true(
    said: dict[str, Any], refusal: type[Refusal], known: bool, now: datetime
) -> None:
    if known:
        put(now)
    before = dump()
    assert isinstance(put(now, plan="another", **said).refusal, refusal)
    assert dump() == before


def test_takes_the_good_ones_of_a_list_in_its_order(now: datetime) -> None:
    put(now, "known")
    outcomes = put_subscribers(
        subscribers=[
            item(subscriber_id="z"),
            item(subscriber_id="future", activated_at=now + DAY),
            item(subscriber_id="known", plan="another"),
            item(subscriber_id="a"),
            item(subscriber_id="z", plan="the last counts"),
        ],
        now=now,
    )
    assert [outcome.subscriber_id for outcome in outcomes] == ["z", "future", "known", "a", "z"]
    assert [outcome.created for outcome in outcomes] == [True, False, False, True, True]
    assert isinstance(outcomes[1].refusal, StatusInTheFuture)
    assert Subscriber.objects.get(external_id="z").plan == "the last counts"
    assert set(Subscriber.objects.values_list("external_id", flat=True)) == {"a", "known", "z"}


def test_needs_a_fixed_number_of_statements(
    now: datetime, django_assert_max_num_queries: Any
) -> None:
    many = [item(subscriber_id=f"s{n}") for n in range(300)]
    with django_assert_max_num_queries(20):
        assert all(outcome.created for outcome in put_subscribers(subscribers=many, now=now))


def test_tells_who_stayed_without_a_gap(now: datetime) -> None:
    put(now, "stayed", msisdn=digest("phone", "+79160000001"))
    put(now, "left", msisdn=digest("phone", "+79160000002"))
    put(now, "left", status="suspended", status_since=now - 9 * DAY)
    put(now, "left", status="active", status_since=now - 8 * DAY)
    keys = dict(Subscriber.objects.values_list("external_id", "id"))
    windows = [
        Window(keys["stayed"], ACTIVATED_AT, now),
        Window(keys["stayed"], ACTIVATED_AT - DAY, now),
        Window(keys["left"], ACTIVATED_AT, now - 9 * DAY),
        Window(keys["left"], ACTIVATED_AT, now - 9 * DAY + timedelta(microseconds=1)),
        Window(keys["left"], now - 8 * DAY, now + DAY),
        Window(-1, ACTIVATED_AT, now),
    ]
    assert stayed_without_gap(windows) == [True, False, True, False, True, False]
    assert stayed_without_gap([]) == []


def test_finds_a_subscriber_by_billings_id(now: datetime) -> None:
    put(now)
    assert subscriber_called("s").plan == "Plan M"
    with pytest.raises(NoSuchSubscriber):
        subscriber_called("unseen")


def test_an_earlier_life_of_a_line_stays_known() -> None:
    def left_before() -> datetime | None:
        return Subscriber.objects.get(external_id="line").left_before_at

    start, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    register("line", activated_at=start, now=start)
    register("line", status="closed", activated_at=start, now=start + day)
    assert left_before() is None
    register("line", activated_at=start + 2 * day, now=start + 3 * day)
    assert left_before() == start + day
    register("line", activated_at=start + 2 * day, now=start + 4 * day)
    assert left_before() == start + day
    # The activation was a mistake: it never left.
    register("line", activated_at=start, now=start + 5 * day)
    assert left_before() is None
