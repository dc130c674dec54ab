"""Erasing: who somebody is goes, and what they did stays."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import (
    Erasure,
    Identifier,
    IdentifierUse,
    PersonalData,
    Subscriber,
    SubscriberKey,
)
from accounts.operations import put_subscribers
from accounts.policy.erasure import (
    ErasureWaitsForCase,
    ReasonForPersonalMissing,
    SubscriberErased,
    SubscriberNotClosed,
)
from accounts.queries.subscribers import NoSuchSubscriber
from fraud.models import BlockedIdentifier
from fraud.operations.block_identifiers import block_identifiers, lift_blocks
from fraud.operations.open_cases import NewCase, open_cases
from kernel.refusals import Refusal
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.queries.audit import wallet_sums
from privacy.operations.erase_subscriber import erase_subscriber
from privacy.operations.export_subscriber import export_subscriber
from tests.books import dump, rows
from tests.factories import digest, item, post, register, reserve

pytestmark = pytest.mark.django_db

PHONE = "+79160001234"
ANNA = {"name": "Anna Petrova", "msisdn": PHONE}


@pytest.fixture
def anna(now: datetime) -> Subscriber:
    """Who has paid, holds a reservation, and left."""
    identifiers = [
        digest("card", "anna's card"),
        digest("device", "shared"),
        digest("email", "a@b.ru"),
    ]
    said: dict[str, Any] = {"msisdn": digest("phone", PHONE), "personal": ANNA}
    register("anna", identifiers=identifiers, now=now, **said)
    register("ben", identifiers=[digest("device", "shared")], now=now)
    post("charge", "anna", now=now)
    reserve("redemption", 100, "anna", now=now)
    register("anna", status="closed", card=None, now=now, **said)
    return Subscriber.objects.get(external_id="anna")


def erase(now: datetime, subscriber_id: str = "anna", **said: Any) -> Erasure:
    said.setdefault("basis", "Request of 17 March")
    return erase_subscriber(external_id=subscriber_id, by="dpo", now=now, **said)


def test_deletes_key_vault_row_uses_and_own_digests(anna: Subscriber, now: datetime) -> None:
    erasure = erase(now)
    assert not PersonalData.objects.filter(subscriber=anna).exists()
    assert not SubscriberKey.objects.filter(subscriber=anna).exists()
    assert not IdentifierUse.objects.filter(subscriber=anna).exists()
    kinds = set(Identifier.objects.values_list("kind", "uses__subscriber__external_id"))
    assert kinds == {("device", "ben"), ("phone", "ben")}
    anna.refresh_from_db()
    assert anna.external_id.startswith("erased-")
    assert (anna.msisdn_id, anna.msisdn_country) == (None, "")
    expected = {
        "vault_rows": 1, "subscriber_keys": 1, "identifier_uses": 4, "identifiers": 3,
        "billing_ids": 1, "hints": 0, "ended_blocks": 0,
    }  # fmt: skip
    assert {name: erasure.deleted[name] for name in expected} == expected


def test_the_books_close_as_before(anna: Subscriber, now: datetime) -> None:
    before, mine = wallet_sums(), "SELECT * FROM loyalty_entry WHERE subscriber_id = %s"
    entries = rows(mine, anna.pk)
    erasure = erase(now)
    assert wallet_sums() == before
    assert rows(mine, anna.pk) == entries
    assert erasure.books["before"] == erasure.books["after"]
    assert erasure.books["after"]["entries"]["rows"] == len(entries)
    assert audit_ledger(now=now).faults == []


def test_nothing_else_names_them_by_billings_id(anna: Subscriber, now: datetime) -> None:
    erase(now)
    assert '"anna"' not in str(dump())


def test_blocks_in_force_stay_with_basis_and_term(anna: Subscriber, now: datetime) -> None:
    card, email = (
        Identifier.objects.get(kind=kind, uses__subscriber=anna) for kind in ("card", "email")
    )
    until = now + timedelta(days=90)
    said: dict[str, Any] = {"reason": "Stolen card.", "source": "bank", "by": "eve", "now": now}
    block_identifiers(identifier_ids=[card.pk], expires_at=until, **said)
    block_identifiers(identifier_ids=[email.pk], **said)
    lifted = BlockedIdentifier.objects.get(identifier=email)
    lift_blocks(block_ids=[lifted.pk], reason="x", by="eve", now=now)
    erasure = erase(now)
    kept = BlockedIdentifier.objects.get()
    assert (kept.identifier_id, kept.reason, kept.expires_at) == (card.pk, "Stolen card.", until)
    after = Identifier.objects.get(pk=card.pk)
    assert (after.hint, bytes(after.digest)) == ("", bytes(card.digest))
    assert not Identifier.objects.filter(pk=email.pk).exists()
    assert (erasure.deleted["ended_blocks"], erasure.kept["identifiers_blocked"]) == (1, 1)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"basis": " "}, ReasonForPersonalMissing),
        ({"subscriber_id": "ben"}, SubscriberNotClosed),
        ({"subscriber_id": "nobody"}, NoSuchSubscriber),
        ({}, ErasureWaitsForCase),
    ],
)
def test_refuses_what_may_not_be_yet(
    anna: Subscriber, said: dict[str, Any], refusal: type[Refusal], now: datetime
) -> None:
    case = NewCase("account", "registration", "anna", anna.pk, None, 100, None, 0, "low")
    open_cases(cases=[case], now=now)
    before = dump()
    with pytest.raises(refusal):
        erase(now, **said)
    assert dump() == before


def test_may_be_forced_for_a_reason(anna: Subscriber, now: datetime) -> None:
    assert erase(now, "ben", forced_because="A court said so.").forced_because == "A court said so."


def test_is_done_once(anna: Subscriber, now: datetime) -> None:
    first = erase(now)
    before = dump()
    assert erase(now + timedelta(days=1)) == first
    assert dump() == before


def test_a_later_report_does_not_bring_them_back(anna: Subscriber, now: datetime) -> None:
    erase(now)
    before = dump()
    said = [item(subscriber_id="anna", personal=ANNA), item(subscriber_id="ben", plan="L")]
    outcomes = put_subscribers(subscribers=said, now=now)
    assert isinstance(outcomes[0].refusal, SubscriberErased)
    assert outcomes[1].refusal is None
    after = dump()
    assert after["accounts_personaldata"] == before["accounts_personaldata"]
    assert len(after["accounts_subscriber"]) == len(before["accounts_subscriber"])


def test_the_command_writes_the_proof(anna: Subscriber, tmp_path: Path) -> None:
    said: dict[str, Any] = {"basis": "Request of 17 March", "by": "dpo"}
    with pytest.raises(CommandError, match="subscriber_not_closed"):
        call_command("erase_subscriber", "ben", **said)
    file = tmp_path / "proof.json"
    call_command("erase_subscriber", "anna", proof=file, **said)
    proof = json.loads(file.read_text())
    assert proof["subscriber"] == {"internal_number": anna.pk}
    assert proof["books"]["unchanged"] is True
    assert (proof["basis"], proof["erased_by"]) == ("Request of 17 March", "dpo")
    assert len(proof["deleted_content_sha256"]) == 64
    assert "Petrova" not in file.read_text()


def test_an_export_has_every_table_and_the_look_is_kept(anna: Subscriber, now: datetime) -> None:
    said = export_subscriber(external_id="anna", by="dpo", reason="A request.", now=now)
    assert said["personal_data"] == ANNA
    filled = {name for name, found in said["tables"].items() if found}
    assert {"loyalty.Entry", "loyalty.Redemption", "accounts.IdentifierUse"} <= filled
    assert {each["item"]["subscriber_id"] for each in said["tables"]["outbox.Event"]} == {"anna"}
    assert "wrapped" not in said["tables"]["accounts.SubscriberKey"][0]
    looks = rows("SELECT what, seen_by FROM accounts_personalaccess ORDER BY id")
    assert [look["seen_by"] for look in looks] == ["dpo", "dpo"]
    assert "everything" in str(looks)


def test_the_export_command_writes_a_file(anna: Subscriber, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    call_command("export_subscriber", "anna", by="dpo", reason="A request.", to=file)
    assert json.loads(file.read_text())["personal_data"] == ANNA
    assert file.stat().st_mode & 0o077 == 0
