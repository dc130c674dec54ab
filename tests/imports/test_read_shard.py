"""A shard is read to its end exactly once, whatever happens on the way."""

import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import Subscriber
from imports.api.rows import ChargeRows
from imports.models import RowError, Shard
from imports.operations import call_shards, read_shard
from imports.operations.claim_shard import LEASE, claim_shard
from imports.policy import batches
from imports.policy.kinds import RowOutcome
from outbox.models import Event
from tests.imports.conftest import (
    CHARGE_HEADER,
    LATER,
    NOW,
    Receive,
    books,
    charge,
    counts,
    csv_of,
    errors,
    import_subscribers,
    ndjson_of,
    read_all,
    subscriber_row,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)


def charges_of(subscribers: list[str], each: int = 3) -> list[dict[str, Any]]:
    names = subscribers * each
    return [charge(number, name) for number, name in enumerate(names, start=1)]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_posts_every_charge_and_counts_it(
    receive: Receive, subscribers: list[str], form: str
) -> None:
    rows = charges_of(subscribers)
    content = csv_of(rows) if form == "csv" else ndjson_of(rows)
    imported = read_all(receive(content, form=form))
    assert (imported.status, imported.started_at, imported.finished_at) == ("finished", NOW, NOW)
    assert counts(imported) == (30, 30, 0, 0)
    assert books() == (30, 30, 3000)
    assert all(shard.rows_read for shard in imported.shards.all()), "both shards had work"


def test_announces_the_end_once(receive: Receive, subscribers: list[str]) -> None:
    imported = read_all(receive(csv_of(charges_of(subscribers))))
    [event] = Event.objects.filter(name="import.finished", items__0__kind="charges")
    assert event.items == [
        {
            "import_id": imported.import_id,
            "kind": "charges",
            "rows_read": 30,
            "accepted": 30,
            "replayed": 0,
            "rejected": 0,
        }
    ]


def test_removes_the_file_with_its_raw_values(
    receive: Receive, imports_dir: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = subscriber_row("s1", identifiers=[{"kind": "passport", "value": "4509 123456"}])
    imported = receive(ndjson_of([row]), kind="subscribers", form="ndjson")
    assert len(list(imports_dir.iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        read_all(imported)
    assert list(imports_dir.iterdir()) == []


def test_takes_subscribers_with_every_column(receive: Receive) -> None:
    header = (
        "subscriber_id,msisdn,status,status_since,activated_at,closed_at,plan,region,birth_date,"
        "contract.months,contract.ends_on,verified.phone,verified.identity,"
        "identifiers.passport,identifiers.card,identifiers.ip"
    )
    row = (
        "s1,89161234567,active,,2024-01-15T10:00:00+03:00,,basic,Moscow,1990-02-28,"
        "12,2025-01-15,true,false,4509 123456,tok_1,10.0.0.1"
    )
    content = f"{header}\n{row}\n".encode()
    imported = read_all(receive(content, kind="subscribers"))
    assert (counts(imported), errors(imported)) == ((1, 1, 0, 0), [])
    again = read_all(receive(content, kind="subscribers"))
    assert counts(again) == (1, 0, 1, 0)


def test_the_later_report_of_a_subscriber_counts(receive: Receive) -> None:
    rows = [subscriber_row("s1", plan=f"plan {number}") for number in range(20)]
    read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson", shards=3))
    assert Subscriber.objects.get(external_id="s1").plan == "plan 19"


def test_a_bad_row_is_told_and_spares_the_others(
    receive: Receive, subscribers: list[str], small_batches: None
) -> None:
    rows = [
        charge(1, "s1"),
        charge(2, "nobody"),
        charge(3, "s1", amount="1.001"),
        charge(4, "s1", kind="gift"),
        charge(5, "s1", occurred_at="2031-01-01T00:00:00Z"),
        charge(1, "s1"),
        charge(1, "s1", amount="7.00"),
        charge(6, "", amount=""),
        charge(7, "s2"),
    ]
    content = csv_of(rows) + b"x,y\n\xff\n"
    imported = read_all(receive(content))
    assert counts(imported) == (11, 2, 1, 8)
    assert errors(imported) == [
        (3, "c2", "unknown_subscriber"),
        (4, "c3", "too_many_decimals"),
        (5, "c4", "not_a_choice"),
        (6, "c5", "occurred_in_the_future"),
        (8, "c1", "id_reused"),
        (9, "c6", "required"),
        (11, "", "cell_count"),
        (12, "", "not_utf8"),
    ]
    assert books() == (2, 2, 200)


def test_no_value_stands_among_the_errors(receive: Receive, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "hunter-passport"
    rows = [
        subscriber_row("s1", identifiers=[{"kind": "ip", "value": secret}]),
        subscriber_row("s2", msisdn=secret),
        subscriber_row("s3", identifiers=[{"kind": secret, "value": secret}]),
        subscriber_row("s4", verified={secret: True}),
        {**subscriber_row("s5"), secret: secret},
        subscriber_row("s6", birth_date=secret),
        subscriber_row("s7", identifiers=[{"kind": "email", "value": secret}]),
    ]
    imported = read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson"))
    assert counts(imported) == (7, 0, 0, 7)
    everything = repr(list(RowError.objects.values())) + caplog.text
    assert secret not in everything


class Killed(BaseException):
    """As sudden as SIGKILL, to Python."""


def killed_at(monkeypatch: pytest.MonkeyPatch, batch: int, *, before_commit: bool) -> None:
    """Let the worker die in its nth batch: after the posting, or after the commit."""
    module = sys.modules["imports.operations.take_batch"]
    original = module._move_checkpoint if before_commit else ChargeRows.take_in
    taken = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == batch:
            raise Killed
        return original(*args, **kwargs)

    if before_commit:
        monkeypatch.setattr(module, "_move_checkpoint", dying)
    else:
        monkeypatch.setattr(ChargeRows, "take_in", dying)


@pytest.mark.parametrize("before_commit", [True, False])
@pytest.mark.parametrize("batch", [1, 2, 4])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_killed_import_goes_on_without_loss_or_repetition(
    receive: Receive,
    subscribers: list[str],
    small_batches: None,
    form: str,
    batch: int,
    before_commit: bool,
) -> None:
    rows = charges_of(subscribers)
    rows[7] = charge(8, "nobody")
    rows[21] = charge(22, "s1", amount="-1")
    imported = receive(csv_of(rows) if form == "csv" else ndjson_of(rows), form=form)
    with pytest.MonkeyPatch.context() as patch:
        killed_at(patch, batch, before_commit=before_commit)
        with pytest.raises(Killed):
            read_all(imported)
    read_all(imported)
    assert imported.status == "running", "the dead worker's lease stands"
    read_all(imported, now=LATER)
    assert imported.status == "finished"
    assert counts(imported) == (30, 28, 0, 2), "a repeated row would count as replayed"
    assert books() == (28, 28, 2800)
    first = 2 if form == "csv" else 1
    assert [line for line, _, _ in errors(imported)] == [7 + first, 21 + first]


def test_a_transient_error_repeats_the_batch(
    receive: Receive, subscribers: list[str], small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_now_and_then(monkeypatch, times=2)
    imported = read_all(receive(csv_of(charges_of(subscribers))))
    assert imported.status == "finished"
    assert counts(imported) == (30, 30, 0, 0)


def test_a_lasting_error_leaves_the_shard_to_the_clock(
    receive: Receive, subscribers: list[str], small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_now_and_then(patch, times=1000)
        imported = receive(csv_of(charges_of(subscribers)))
        for _ in range(20):
            read_all(imported)
    assert imported.status == "running", "an absent database is no reason to give up"
    assert call_shards(now=LATER) == 2
    assert counts(read_all(imported)) == (30, 30, 0, 0)


def fail_now_and_then(patch: pytest.MonkeyPatch, *, times: int) -> None:
    original = ChargeRows.take_in
    failed = 0

    def failing(self: ChargeRows, *args: Any, **kwargs: Any) -> list[RowOutcome]:
        nonlocal failed
        if failed < times:
            failed += 1
            raise OperationalError("deadlock detected")
        return original(self, *args, **kwargs)

    patch.setattr(sys.modules["imports.operations.read_shard"], "PAUSE_SECONDS", 0)
    patch.setattr(ChargeRows, "take_in", failing)


def test_our_own_mistake_ends_the_import_after_a_few_claims(
    receive: Receive, subscribers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(ChargeRows, "take_in", broken)
    imported = receive(csv_of(charges_of(subscribers)), shards=1)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            read_all(imported)
    read_all(imported)
    assert (imported.status, imported.failure_code) == ("failed", "given_up")
    assert Event.objects.filter(name="import.failed").count() == 1
    assert call_shards(now=LATER) == 0


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(Path.unlink, "file_missing"), (lambda path: path.write_bytes(b""), "file_changed")],
)
def test_a_spoilt_file_fails_the_import(
    receive: Receive, subscribers: list[str], imports_dir: Path, spoil: Any, code: str
) -> None:
    imported = receive(csv_of(charges_of(subscribers)))
    for path in imports_dir.iterdir():
        spoil(path)
    if code == "file_changed":
        for path in imports_dir.iterdir():
            path.write_text(CHARGE_HEADER + "\n")
    read_all(imported)
    assert (imported.status, imported.failure_code) == ("failed", code)
    assert books()[0] == 0


def test_gives_others_a_turn_and_calls_the_next_worker(
    receive: Receive, subscribers: list[str], small_batches: None
) -> None:
    imported = receive(csv_of(charges_of(subscribers)), shards=1)
    shard = imported.shards.get()
    calls = Event.objects.filter(name="import.shard_due", items__0__shard=shard.id)
    assert calls.count() == 1
    turns = 0
    while not read_shard(
        shard_id=shard.id, worker=f"w{turns}", clock=lambda: NOW, turn=timedelta(0)
    ):
        turns += 1
        assert calls.count() == 1 + turns
    assert turns == 10
    assert counts(imported) == (30, 30, 0, 0)


def test_a_shard_that_is_leased_is_nobody_elses(receive: Receive, subscribers: list[str]) -> None:
    shard = receive(csv_of(charges_of(subscribers)), shards=1).shards.get()
    assert claim_shard(shard_id=shard.id, worker="one", now=NOW)
    assert not claim_shard(shard_id=shard.id, worker="two", now=NOW)
    assert not read_shard(shard_id=shard.id, worker="two", clock=lambda: NOW)
    assert claim_shard(shard_id=shard.id, worker="two", now=NOW + LEASE)


def test_a_worker_that_lost_its_claim_writes_nothing(
    receive: Receive, subscribers: list[str], small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = receive(csv_of(charges_of(subscribers)), shards=1)
    shard = imported.shards.get()
    batches_taken = 0

    def stolen() -> None:
        nonlocal batches_taken
        batches_taken += 1
        if batches_taken == 2:
            Shard.objects.filter(id=shard.id).update(claimed_by="thief")

    assert not read_shard(shard_id=shard.id, worker="victim", clock=lambda: NOW, on_batch=stolen)
    assert books()[0] == 6
    read_all(imported, now=LATER)
    assert counts(imported) == (30, 30, 0, 0)


def test_calls_what_nobody_answered_and_nothing_else(
    receive: Receive, subscribers: list[str]
) -> None:
    imported = receive(csv_of(charges_of(subscribers)))
    assert call_shards(now=NOW) == 0, "they were called when the file came"
    assert call_shards(now=NOW + timedelta(minutes=5)) == 2, "the message was lost"
    assert call_shards(now=NOW + timedelta(minutes=6)) == 0
    shard = imported.shards.order_by("number")[0]
    assert claim_shard(shard_id=shard.id, worker="one", now=NOW + timedelta(minutes=6))
    assert call_shards(now=NOW + timedelta(minutes=7)) == 0
    assert call_shards(now=NOW + timedelta(minutes=8)) == 1, "its lease ended"
    read_all(imported, now=LATER)
    assert call_shards(now=LATER + timedelta(days=1)) == 0


def test_a_header_alone_is_an_import_of_nothing(receive: Receive) -> None:
    imported = read_all(receive(f"{CHARGE_HEADER}\n".encode()))
    assert (imported.status, counts(imported)) == ("finished", (0, 0, 0, 0))


def test_more_shards_than_subscribers_do_no_harm(receive: Receive) -> None:
    import_subscribers(receive, ["s1"])
    imported = read_all(receive(csv_of([charge(1, "s1")]), shards=7))
    assert (imported.status, counts(imported)) == ("finished", (1, 1, 0, 0))
