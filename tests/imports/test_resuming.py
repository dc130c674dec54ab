"""A reading that stops, for whatever reason, goes on without loss or repetition."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from config.schedule import SCHEDULE
from imports.api.rows import ChargeRows
from imports.models import Shard
from imports.operations import call_shards, read_shard, sweep_files
from imports.operations.claim_shard import LEASE, claim_shard
from imports.policy.kinds import RowOutcome
from outbox.models import Event
from tests.imports.conftest import (
    CHARGE_HEADER,
    LATER,
    NOW,
    Receive,
    books,
    charge,
    charges_of,
    counts,
    csv_of,
    errors,
    ndjson_of,
    read_all,
)

pytestmark = pytest.mark.django_db


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


def test_what_a_dead_worker_left_is_called_within_a_minute(
    receive: Receive, subscribers: list[str]
) -> None:
    shard = receive(csv_of(charges_of(subscribers)), shards=1).shards.get()
    assert claim_shard(shard_id=shard.id, worker="dead", now=NOW)
    stroke = SCHEDULE["resume imports"]["schedule"]
    assert isinstance(stroke, timedelta)
    now, called = NOW, 0
    while not called:
        now += stroke
        called = call_shards(now=now)
    assert now - NOW <= timedelta(minutes=1)
    assert claim_shard(shard_id=shard.id, worker="next", now=now)


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
    assert call_shards(now=NOW + timedelta(minutes=6) + LEASE / 2) == 0
    assert call_shards(now=NOW + timedelta(minutes=8)) == 1, "its lease ended"
    read_all(imported, now=LATER)
    assert call_shards(now=LATER + timedelta(days=1)) == 0


def test_the_sweep_removes_what_nobody_needs(receive: Receive, imports_dir: Path) -> None:
    needed = receive(csv_of([charge(1, "s1")]))
    for name in ("old.incoming", "old.rows", "old.upload", "new.incoming", "new.upload", "old.txt"):
        (imports_dir / name).write_text("x")
    long_ago = (NOW - timedelta(days=3)).timestamp()
    for path in imports_dir.iterdir():
        os.utime(path, (long_ago, long_ago))
    for name in ("new.incoming", "new.upload"):
        os.utime(imports_dir / name, (NOW.timestamp(), NOW.timestamp()))
    assert sweep_files(now=NOW) == 3
    kept = sorted(path.name for path in imports_dir.iterdir())
    assert kept == sorted([needed.file, "new.incoming", "new.upload", "old.txt"])
