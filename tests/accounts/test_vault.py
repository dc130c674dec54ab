"""The vault: what is sealed, who opens it, and how its keys change."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import call_command

from accounts.models import PersonalAccess, PersonalData, Subscriber, SubscriberKey
from accounts.operations import put_subscribers, read_personal_data
from accounts.operations.rotate_vault_keys import rotate_data_keys, rotate_wrapping_keys
from accounts.policy.erasure import ReasonForPersonalMissing
from accounts.policy.vault import VaultKeyMissing
from tests.books import dump
from tests.factories import item, register

pytestmark = pytest.mark.django_db

ANNA = {"name": "Anna Petrova", "msisdn": "+79160000001", "birth_date": "1990-02-28"}
FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture(autouse=True)
def one_key(settings: Any) -> None:
    settings.VAULT_KEYS, settings.VAULT_KEY_ID = {1: FIRST}, 1


def read(subscriber_id: str, now: datetime) -> dict[str, str]:
    key = Subscriber.objects.get(external_id=subscriber_id).pk
    return read_personal_data(subscriber_id=key, by="ann", reason="a call", now=now)


def boxes() -> dict[int, tuple[int, bytes, int, bytes]]:
    rows = PersonalData.objects.select_related("subscriber__vault_key")
    return {
        row.pk: (
            row.key_id,
            bytes(row.ciphertext),
            row.subscriber.vault_key.key_id,
            bytes(row.subscriber.vault_key.wrapped),
        )
        for row in rows
    }


def test_what_is_sealed_is_read_back_and_the_look_is_kept(now: datetime) -> None:
    anna = register("anna", personal=ANNA, now=now)
    assert read("anna", now) == ANNA
    look = PersonalAccess.objects.get()
    assert (look.subscriber_id, look.seen_by, look.seen_at) == (anna.pk, "ann", now)
    assert (look.reason, look.what) == ("a call", sorted(ANNA))


def test_nobody_looks_without_a_reason(now: datetime) -> None:
    anna = register("anna", personal=ANNA, now=now)
    before = dump()
    with pytest.raises(ReasonForPersonalMissing):
        read_personal_data(subscriber_id=anna.pk, by="ann", reason=" ", now=now)
    assert dump() == before


def test_a_row_copied_to_somebody_else_opens_nothing(now: datetime) -> None:
    anna = register("anna", personal=ANNA, now=now)
    ben = register("ben", personal={"name": "Ben"}, now=now)
    of_anna = SubscriberKey.objects.filter(pk=anna.pk).values("wrapped").get()
    SubscriberKey.objects.filter(pk=ben.pk).update(**of_anna)
    with pytest.raises(InvalidTag):
        read("ben", now)


def test_each_subscriber_has_a_key_of_their_own(now: datetime) -> None:
    register("anna", personal=ANNA, now=now)
    register("ben", personal=ANNA, now=now)
    assert len({box[1] for box in boxes().values()}) == 2
    assert len({box[3] for box in boxes().values()}) == 2


def test_of_two_reports_in_one_call_the_later_counts_field_by_field(now: datetime) -> None:
    reports = [
        item(subscriber_id="s", personal={"name": "Old", "email": "a@example.com"}),
        item(subscriber_id="s", personal={"name": "New"}),
    ]
    put_subscribers(subscribers=reports, now=now)
    assert read("s", now) == {"name": "New", "email": "a@example.com"}


def test_the_same_report_again_seals_nothing_anew(now: datetime) -> None:
    register("anna", personal=ANNA, now=now)
    before = boxes()
    register("anna", personal=ANNA, now=now)
    assert boxes() == before
    register("anna", personal={"name": "Anna Ivanova"}, now=now)
    [(_, ciphertext, _, wrapped)] = boxes().values()
    [(_, earlier, _, same)] = before.values()
    assert (ciphertext != earlier, wrapped == same) == (True, True)


def test_rotation_wraps_all_keys_page_by_page_and_goes_on(now: datetime, settings: Any) -> None:
    for number in range(5):
        register(f"s{number}", personal=ANNA, now=now)
    before = boxes()
    settings.VAULT_KEYS, settings.VAULT_KEY_ID = {1: FIRST, 2: SECOND}, 2
    register("new", personal=ANNA, now=now)
    pages: list[int] = []
    assert rotate_wrapping_keys(on_page=pages.append, rows_per_page=2) == 5
    assert pages == [2, 2, 1]
    assert rotate_wrapping_keys() == 0
    after = boxes()
    assert {(box[0], box[2]) for box in after.values()} == {(2, 2)}
    assert all(after[key][1] == before[key][1] for key in before)
    # The older key may go.
    settings.VAULT_KEYS = {2: SECOND}
    assert read("s3", now) == ANNA


def test_a_lost_key_is_said_to_be_lost(now: datetime, settings: Any) -> None:
    register("anna", personal=ANNA, now=now)
    settings.VAULT_KEYS, settings.VAULT_KEY_ID = {2: SECOND}, 2
    with pytest.raises(VaultKeyMissing):
        read("anna", now)
    with pytest.raises(VaultKeyMissing):
        rotate_wrapping_keys()


def test_data_keys_are_renewed_and_a_stopped_run_goes_on(now: datetime) -> None:
    for number in range(3):
        register(f"s{number}", personal=ANNA, now=now)
    before, later = boxes(), now + timedelta(days=1)

    class Stop(Exception):
        pass

    def stop(rows: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        rotate_data_keys(made_before=later, now=later, on_page=stop, rows_per_page=2)
    assert rotate_data_keys(made_before=later, now=later, rows_per_page=2) == 1
    assert rotate_data_keys(made_before=later, now=later) == 0
    after = boxes()
    assert all(after[key][1] != before[key][1] for key in before)
    assert all(after[key][3] != before[key][3] for key in before)
    assert read("s2", now) == ANNA


def test_the_command_says_how_many(
    now: datetime, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    register("anna", personal=ANNA, now=now)
    settings.VAULT_KEYS, settings.VAULT_KEY_ID = {1: FIRST, 2: SECOND}, 2
    call_command("rotate_vault_keys")
    assert "1 keys were wrapped by key 2." in capsys.readouterr().out
    call_command("rotate_vault_keys", data_keys=True)
    assert "1 subscribers have a new key." in capsys.readouterr().out


def test_ten_thousand_need_as_many_statements_as_one(
    now: datetime, django_assert_max_num_queries: Any
) -> None:
    many = [item(subscriber_id=f"s{n}", personal=ANNA) for n in range(300)]
    with django_assert_max_num_queries(22):
        put_subscribers(subscribers=many, now=now)
