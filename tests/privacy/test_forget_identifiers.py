"""An identifier that only a block had kept goes a month after the block, and no other does."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command

from accounts.models import Identifier
from accounts.operations.record_uses import know_identifiers
from fraud.models import BlockedIdentifier
from fraud.operations.block_identifiers import block_identifiers, lift_blocks
from privacy.operations import forget_identifiers as module
from privacy.operations.erase_subscriber import erase_subscriber
from privacy.operations.forget_identifiers import KEPT, forget_blocked_identifiers
from tests.factories import digest, register

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def blocked(name: str, now: datetime, **said: datetime) -> int:
    """A device that is on the block list, which nobody is seen with."""
    [key] = know_identifiers(identifiers=[digest("device", name)]).values()
    block_identifiers(
        identifier_ids=[key], reason="a ring", source="case 1", by="eve", now=now, **said
    )
    return key


def known() -> set[int]:
    return set(Identifier.objects.values_list("pk", flat=True))


def test_it_goes_a_month_after_the_term_with_its_block(now: datetime) -> None:
    key = blocked("d", now, expires_at=now + DAY)
    assert forget_blocked_identifiers(now=now + DAY + KEPT) == 0
    assert forget_blocked_identifiers(now=now + 2 * DAY + KEPT) == 1
    assert key not in known()
    assert not BlockedIdentifier.objects.exists()


def test_it_goes_a_month_after_the_block_was_lifted(now: datetime) -> None:
    key = blocked("d", now)
    lift_blocks(block_ids=[BlockedIdentifier.objects.get().pk], reason="x", by="eve", now=now + DAY)
    assert forget_blocked_identifiers(now=now + KEPT) == 0
    assert forget_blocked_identifiers(now=now + 2 * DAY + KEPT) == 1
    assert key not in known()


def test_a_block_without_an_end_or_put_back_keeps_it(now: datetime) -> None:
    for_good = blocked("a", now)
    put_back = blocked("b", now, expires_at=now + DAY)
    blocked("b", now + 10 * DAY)
    assert forget_blocked_identifiers(now=now + 400 * DAY) == 0
    assert known() == {for_good, put_back}


def test_whoever_is_seen_with_it_keeps_it(now: datetime) -> None:
    register("ann", identifiers=[digest("device", "d")], card=None, now=now)
    before = known()
    blocked("d", now, expires_at=now + DAY)
    assert forget_blocked_identifiers(now=now + 400 * DAY) == 0
    assert known() == before
    assert BlockedIdentifier.objects.exists()


def test_what_an_erased_subscriber_leaves_goes_with_the_block(now: datetime) -> None:
    register("ann", identifiers=[digest("device", "d")], status="closed", card=None, now=now)
    blocked("d", now, expires_at=now + 10 * DAY)
    erase_subscriber(external_id="ann", basis="Request 1", by="dan", now=now + DAY)
    assert Identifier.objects.filter(kind="device").exists()
    assert forget_blocked_identifiers(now=now + 11 * DAY + KEPT) == 1
    assert not Identifier.objects.exists()


def test_pages_reach_the_end(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDENTIFIERS_PER_PAGE", 2)
    for n in range(5):
        blocked(f"d{n}", now, expires_at=now + DAY)
    kept = blocked("kept", now)
    assert forget_blocked_identifiers(now=now + 400 * DAY) == 5
    assert known() == {kept}
    assert forget_blocked_identifiers(now=now + 400 * DAY) == 0


def test_the_command_says_how_many(now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    blocked("d", now, expires_at=now + DAY)
    call_command("forget_identifiers", as_of=str((now + 400 * DAY).date()), yes=True)
    assert "1 identifiers were forgotten." in capsys.readouterr().out
