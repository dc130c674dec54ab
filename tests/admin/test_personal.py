"""Personal data in the admin: masked, shown for a reason, downloaded, erased; each look is kept."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Erasure, PersonalAccess, PersonalData, Subscriber
from accounts.operations.keep_personal_data import keep_personal_data
from tests.admin.conftest import CARD, NOW, PHONE, LogIn

SEE = "accounts.view_subscriber"
LOOKS = {
    "unmask": "accounts.unmask_subscriber",
    "personal": "accounts.read_personal",
    "export": "accounts.export_subscriber",
    "erase": "accounts.erase_subscriber",
}


@pytest.fixture
def anna(member: Subscriber) -> Subscriber:
    keep_personal_data(said={member.pk: {"name": "Анна Петрова", "msisdn": PHONE}}, now=NOW)
    return member


def look(subscriber: Subscriber, name: str) -> str:
    return reverse("admin:accounts_look", args=[subscriber.pk, name])


def page(subscriber: Subscriber) -> str:
    return reverse("admin:accounts_subscriber_change", args=[subscriber.pk])


def kept() -> list[tuple[str, str, Any]]:
    return list(PersonalAccess.objects.order_by("id").values_list("seen_by", "reason", "what"))


def test_hints_are_masked_until_somebody_says_why(log_in: LogIn, anna: Subscriber) -> None:
    ben = log_in(SEE, LOOKS["unmask"], name="ben")
    eve = log_in(SEE, LOOKS["unmask"], name="eve")
    assert CARD[-4:] not in ben.get(page(anna)).content.decode()
    answer = ben.post(look(anna, "unmask"), {"reason": "She asks which card."}, follow=True)
    assert CARD[-4:] in answer.content.decode()
    assert CARD[-4:] not in eve.get(page(anna)).content.decode()
    [(who, why, what)] = kept()
    assert (who, why, what[0], len(what)) == ("ben", "She asks which card.", "hints", 4)


def test_the_list_shows_no_part_of_a_number(manager: Browser, anna: Subscriber) -> None:
    listed = manager.get(reverse("admin:accounts_subscriber_changelist")).content.decode()
    assert PHONE[-4:] not in listed


def test_name_and_contacts_are_shown_once_for_a_reason(log_in: LogIn, anna: Subscriber) -> None:
    ben = log_in(SEE, LOOKS["personal"], name="ben")
    assert "Анна Петрова" not in ben.get(page(anna)).content.decode()
    assert "Анна Петрова" not in ben.post(look(anna, "personal"), {"reason": " "}).content.decode()
    assert kept() == []
    answer = ben.post(look(anna, "personal"), {"reason": "To call back."})
    assert "Анна Петрова" in answer.content.decode()
    assert kept() == [("ben", "To call back.", ["msisdn", "name"])]


@pytest.mark.parametrize("name", LOOKS)
def test_each_step_wants_its_own_permission(log_in: LogIn, anna: Subscriber, name: str) -> None:
    others = [permission for other, permission in LOOKS.items() if other != name]
    stranger = log_in(SEE, *others, name="stranger")
    assert look(anna, name) not in stranger.get(page(anna)).content.decode()
    assert stranger.get(look(anna, name)).status_code == 403
    said = {"reason": "x", "basis": "x", "forced_because": "x"}
    assert stranger.post(look(anna, name), said).status_code == 403
    assert (kept(), Erasure.objects.count()) == ([], 0)


def test_there_is_no_other_step(manager: Browser, anna: Subscriber) -> None:
    assert manager.get(look(anna, "sell")).status_code == 404


def test_everything_held_is_downloaded(log_in: LogIn, anna: Subscriber) -> None:
    dpo = log_in(SEE, LOOKS["export"], name="dpo")
    answer = dpo.post(look(anna, "export"), {"reason": "Request 3"})
    assert answer["Content-Type"] == "application/json"
    said = answer.json()
    assert said["personal_data"]["name"] == "Анна Петрова"
    assert said["tables"]["loyalty.Entry"]
    assert {who for who, _, _ in kept()} == {"dpo"}


def test_erasing_says_what_goes_and_leads_to_the_proof(log_in: LogIn, anna: Subscriber) -> None:
    dpo = log_in(SEE, LOOKS["erase"], "accounts.view_erasure", name="dpo")
    asked = dpo.get(look(anna, "erase")).content.decode()
    assert "What goes, for good" in asked
    assert "What stays" in asked
    refused = dpo.post(look(anna, "erase"), {"basis": "Request 3"}).content.decode()
    assert "Only a closed subscriber is erased" in refused
    assert PersonalData.objects.count() == 1
    said = {"basis": "Request 3", "forced_because": "The court asks."}
    proof = dpo.post(look(anna, "erase"), said, follow=True)
    assert "Request 3" in proof.content.decode()
    assert PersonalData.objects.count() == 0
    erasure = Erasure.objects.get()
    file = dpo.get(reverse("admin:privacy_proof", args=[erasure.pk]))
    assert file.json()["books"]["unchanged"] is True
    assert "was erased on" in dpo.get(page(anna)).content.decode()
    stranger = log_in(SEE, name="stranger")
    assert stranger.get(reverse("admin:privacy_proof", args=[erasure.pk])).status_code == 403


def test_an_export_of_the_block_list_is_kept(log_in: LogIn, anna: Subscriber) -> None:
    ben = log_in("fraud.view_blockedidentifier", name="ben")
    ben.get(reverse("admin:fraud_block_export"))
    assert kept() == [("ben", "Export of the block list", ["block list"])]
