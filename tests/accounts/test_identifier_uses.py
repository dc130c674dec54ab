"""Uses of identifiers begin and end, whatever the order in which reports arrive."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import IdentifierUse, Subscriber
from accounts.operations import GivenUp, IdentifierSeen, put_subscribers, record_uses
from accounts.policy.uses import IdentifierEndsInTheFuture
from tests.books import news
from tests.factories import digest, item, register

DAY = timedelta(days=1)
NUMBER, OTHER_NUMBER = digest("phone", "+79160000001"), digest("phone", "+79160000002")
HANDSET = digest("device", "handset")


def put(now: datetime, name: str = "ann", **said: Any) -> Any:
    said.setdefault("msisdn", NUMBER)
    [outcome] = put_subscribers(subscribers=[item(subscriber_id=name, **said)], now=now)
    return outcome


def use(kind: str = "device", name: str = "ann", hint: str = "") -> IdentifierUse:
    found = IdentifierUse.objects.filter(subscriber__external_id=name, identifier__kind=kind)
    return found.get(identifier__hint__contains=hint) if hint else found.get()


def gave_up(until: datetime, identifier: Any = HANDSET) -> dict[str, Any]:
    return {"given_up": [GivenUp(identifier, until)]}


@pytest.mark.django_db
def test_an_identifier_that_is_given_up_has_an_end(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + 5 * DAY, **gave_up(now + 3 * DAY))
    found = use()
    assert (found.first_seen_at, found.ended_at) == (now, now + 3 * DAY)
    assert news("subscriber.identifiers_ended") == [{"subscriber_id": "ann"}]


@pytest.mark.django_db
def test_an_identifier_that_is_seen_again_goes_on(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + 5 * DAY, **gave_up(now + 3 * DAY))
    put(now + 6 * DAY, identifiers=[HANDSET])
    found = use()
    assert (found.first_seen_at, found.last_seen_at) == (now, now + 6 * DAY)
    assert (found.given_up_at, found.ended_at) == (None, None)


@pytest.mark.django_db
def test_an_end_of_what_was_never_seen_is_kept(now: datetime) -> None:
    put(now, **gave_up(now - 3 * DAY))
    found = use()
    assert (found.first_seen_at, found.ended_at) == (now - 3 * DAY, now - 3 * DAY)


@pytest.mark.django_db
def test_an_end_before_it_was_first_seen_is_believed(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + DAY, **gave_up(now - 30 * DAY))
    found = use()
    assert (found.first_seen_at, found.ended_at) == (now - 30 * DAY, now - 30 * DAY)


@pytest.mark.django_db
def test_an_end_in_the_future_is_refused(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    outcome = put(now + DAY, **gave_up(now + 3 * DAY))
    assert isinstance(outcome.refusal, IdentifierEndsInTheFuture)
    assert use().ended_at is None


@pytest.mark.django_db
def test_a_change_of_number_ends_the_use_of_the_former_one(now: datetime) -> None:
    put(now)
    put(now + DAY, msisdn=OTHER_NUMBER)
    uses = IdentifierUse.objects.order_by("first_seen_at").values_list("ended_at", flat=True)
    assert list(uses) == [now + DAY, None]
    # It comes back to the line.
    put(now + 2 * DAY)
    uses = IdentifierUse.objects.order_by("id").values_list("ended_at", flat=True)
    assert list(uses) == [None, now + 2 * DAY]


@pytest.mark.django_db
def test_a_former_number_that_is_still_named_goes_on(now: datetime) -> None:
    put(now)
    put(now + DAY, msisdn=OTHER_NUMBER, identifiers=[NUMBER])
    assert not IdentifierUse.objects.filter(ended_at__isnull=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["giver", "taker"])
def test_two_lines_never_have_one_number_at_once(now: datetime, first: str) -> None:
    put(now, "giver")
    if first == "taker":
        put(now + DAY, "taker")
        put(now + 2 * DAY, "giver", msisdn=OTHER_NUMBER)
    else:
        put(now + DAY, "giver", msisdn=OTHER_NUMBER)
        put(now + 2 * DAY, "taker")
    given = IdentifierUse.objects.get(subscriber__external_id="giver", ended_at__isnull=False)
    assert given.ended_at == now + DAY
    assert use("phone", "taker").first_seen_at >= given.ended_at


@pytest.mark.django_db
def test_a_closing_ends_what_passes_from_hand_to_hand(now: datetime) -> None:
    kinds = ("device", "ip", "address", "card", "passport", "email")
    known = [digest(kind, "a@example.org" if kind == "email" else kind) for kind in kinds]
    put(now, identifiers=known)
    closing: dict[str, Any] = {"status": "closed", "closed_at": now + DAY}
    put(now + 2 * DAY, **closing)
    ended = IdentifierUse.objects.filter(ended_at=now + DAY)
    assert {each.identifier.kind for each in ended} == {"phone", "device", "ip", "address"}
    assert IdentifierUse.objects.filter(ended_at__isnull=True).count() == 3
    # A report of a closed line, days later, makes nobody use anything.
    put(now + 9 * DAY, identifiers=known, **closing)
    assert IdentifierUse.objects.filter(ended_at=now + DAY).count() == 4


@pytest.mark.django_db
def test_a_corrected_closing_corrects_the_ends(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + 5 * DAY, status="closed", closed_at=now + 4 * DAY)
    put(now + 6 * DAY, status="closed", closed_at=now + 2 * DAY)
    assert use().ended_at == now + 2 * DAY


@pytest.mark.django_db
def test_a_line_that_goes_on_has_its_handset_again(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + 2 * DAY, status="closed", closed_at=now + 2 * DAY)
    put(now + 3 * DAY, status="active")
    assert use().ended_at is None


@pytest.mark.django_db
def test_another_life_of_a_line_begins_with_what_is_seen_in_it(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    put(now + 2 * DAY, status="closed", closed_at=now + 2 * DAY)
    again = now + 9 * DAY
    put(again, activated_at=again)
    assert use().ended_at == now + 2 * DAY
    assert use("phone").ended_at is None
    put(again + DAY, activated_at=again, identifiers=[HANDSET])
    assert use().ended_at is None


REPORT = st.tuples(st.integers(0, 8), st.none() | st.integers(0, 8))


@pytest.mark.django_db
@given(st.lists(REPORT, min_size=1, max_size=4, unique_by=lambda report: report[0]))
def test_the_order_of_reports_does_not_matter(reports: list[tuple[int, int | None]]) -> None:
    start = datetime.fromisoformat("2026-03-01T00:00:00Z")
    found = set()
    for order in permutations(reports):
        with transaction.atomic():
            ann = register("ann", now=start)
            for said, until in order:
                at = start + said * DAY
                ended = None if until is None else start + min(until, said) * DAY
                record_uses(seen=[IdentifierSeen(ann.pk, HANDSET, at, ended)])
            found.add(_shown(use()))
            transaction.set_rollback(True)
    assert len(found) == 1


def _shown(found: IdentifierUse) -> tuple[Any, ...]:
    return (found.first_seen_at, found.last_seen_at, found.given_up_at, found.ended_at)


@pytest.mark.django_db
def test_the_database_refuses_an_end_that_nobody_reported(now: datetime) -> None:
    put(now, identifiers=[HANDSET])
    sql = "UPDATE accounts_identifieruse SET given_up_at = now()"
    with (
        pytest.raises(IntegrityError, match="identifier_use_that_is_given_up_has_ended"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert Subscriber.objects.count() == 1
