"""Workers meet: real threads, real connections, real commits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from imports.models import Import
from imports.operations import read_shard
from imports.operations.claim_shard import claim_shard
from imports.policy import batches
from imports.policy.heads import FileEmpty
from kernel.refusals import IdReused
from outbox.models import Event
from tests.imports.conftest import (
    NOW,
    Receive,
    books,
    charge,
    counts,
    csv_of,
    import_subscribers,
    read_all,
)

pytestmark = [pytest.mark.usefixtures("committed")]


def at_once(act: Callable[[int], Any], workers: int) -> list[Any]:
    """Let workers act at the same moment, each on a connection of its own."""
    barrier = Barrier(workers)

    def run(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def charges(subscribers: list[str], each: int) -> bytes:
    names = subscribers * each
    return csv_of(charge(number, name) for number, name in enumerate(names))


def test_of_many_claims_of_one_shard_one_wins(receive: Receive) -> None:
    import_subscribers(receive, ["s1"])
    shard = receive(charges(["s1"], 1), shards=1).shards.get()
    won = at_once(lambda n: claim_shard(shard_id=shard.id, worker=f"w{n}", now=NOW), workers=8)
    assert won.count(True) == 1


def test_workers_on_all_shards_at_once_post_each_charge_once(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)
    subscribers = import_subscribers(receive, [f"s{n}" for n in range(20)])
    imported = receive(charges(subscribers, 20), shards=4)
    shard_ids = [shard.id for shard in imported.shards.order_by("number")]

    def work(number: int) -> None:
        for shard_id in shard_ids[number % 4 :] + shard_ids[: number % 4]:
            read_shard(shard_id=shard_id, worker=uuid4().hex, clock=lambda: NOW)

    at_once(work, workers=8)
    imported.refresh_from_db()
    assert imported.status == "finished"
    assert counts(imported) == (400, 400, 0, 0)
    assert books() == (400, 400, 40_000)
    assert (
        Event.objects.filter(name="import.finished", items__0__import_id=imported.import_id).count()
        == 1
    )


def test_two_files_of_the_same_charges_at_once_post_them_once(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 11)
    subscribers = import_subscribers(receive, [f"s{n}" for n in range(20)])
    content = charges(subscribers, 10)
    header, *lines = content.splitlines()
    backwards = b"\n".join([header, *reversed(lines)])
    files = [receive(content), receive(backwards)]
    at_once(lambda n: read_all(files[n]), workers=2)
    read, accepted, replayed, rejected = map(sum, zip(*map(counts, files), strict=True))
    assert (read, accepted, replayed, rejected) == (400, 200, 200, 0)
    assert books() == (200, 200, 20_000)


def test_of_two_senders_of_one_id_one_is_a_replay_or_refused(receive: Receive) -> None:
    def send(number: int) -> str:
        content = charges([f"s{number % 2}"], 1)
        try:
            return receive(content, import_id="same").import_id
        except IdReused:
            return "refused"

    answers = at_once(send, workers=8)
    assert sorted(answers) == ["refused"] * 4 + ["same"] * 4
    assert Import.objects.count() == 1


def test_a_cut_connection_is_made_anew_and_the_batch_repeated(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 5)
    subscribers = import_subscribers(receive, [f"s{n}" for n in range(5)])
    imported = receive(charges(subscribers, 8), shards=1)
    cuts = 0

    def cut() -> None:
        nonlocal cuts
        if cuts < 3:
            cuts += 1
            # As if the server had been restarted: the next statement finds nobody there.
            connection.connection.close()

    shard = imported.shards.get()
    assert read_shard(shard_id=shard.id, worker="w", clock=lambda: datetime.now(UTC), on_batch=cut)
    assert cuts == 3
    assert counts(imported) == (40, 40, 0, 0)
    assert books() == (40, 40, 4000)


def test_an_empty_file_leaves_no_row(receive: Receive) -> None:
    with pytest.raises(FileEmpty):
        receive(b"")
    assert not Import.objects.exists()
