"""The clock and the news reach imports here; tasks carry ids only."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from celery import shared_task

from imports.operations import call_shards, read_shard, sweep_files
from imports.queries.imports import shards_called_by

# A long file gives way to other tasks after so long, and is called again.
TURN = timedelta(seconds=60)

_now = partial(datetime.now, UTC)


@shared_task
def read_called_shards(event_ids: list[int], **_: Any) -> None:
    """Read the shard that each `import.shard_due` names, for one turn."""
    for shard_id in shards_called_by(event_ids):
        read_shard(shard_id=shard_id, worker=uuid4().hex, clock=_now, turn=TURN)


@shared_task
def resume_imports(**_: Any) -> None:
    """Call workers to the shards that were lost, and sweep up files that nobody needs."""
    now = datetime.now(UTC)
    call_shards(now=now)
    sweep_files(now=now)
