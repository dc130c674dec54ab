"""Call workers to the shards that nobody works on."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from imports import news
from imports.models import Import, Shard
from imports.policy.kinds import FAILED, FINISHED, UPLOAD
from outbox.operations import publish

# A call that nobody answered was lost, or waits behind long work; a second one does no harm.
CALL_AGAIN_AFTER = timedelta(minutes=5)


@transaction.atomic
def call_shards(*, now: datetime) -> int:
    """Call workers to every unfinished shard whose worker is gone or was never there.

    Safe to repeat: a shard that was called and isn't claimed yet is called again only after
    `CALL_AGAIN_AFTER`, and of two workers that come one finds nothing to claim.

    Args:
        now: leases that end later stand.

    Returns:
        How many shards were called.
    """
    unfinished = Shard.objects.filter(finished_at=None, imported__source=UPLOAD).exclude(
        imported__status__in=(FINISHED, FAILED)
    )
    is_free = Q(leased_until=None) | Q(leased_until__lte=now)
    is_uncalled = (
        Q(called_at=None)
        | Q(called_at__lte=F("claimed_at"))
        | Q(called_at__lte=now - CALL_AGAIN_AFTER)
    )
    due = (
        unfinished.filter(is_free, is_uncalled)
        .order_by("id")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
    return _call(list(due.values_list("id", flat=True)), now)


def call_shards_of(imported: Import, *, now: datetime) -> int:
    """Call workers to the shards of a new import, in the caller's transaction."""
    return _call(list(imported.shards.order_by("id").values_list("id", flat=True)), now)


def call_shard(shard_id: int, *, now: datetime) -> None:
    """Call a worker to one shard, in the caller's transaction."""
    _call([shard_id], now)


def _call(shard_ids: list[int], now: datetime) -> int:
    Shard.objects.filter(id__in=shard_ids).update(called_at=now)
    for shard_id in shard_ids:
        # One announcement each, because each becomes a task of its own.
        publish(name=news.SHARD_DUE, items=[{"shard": shard_id}], now=now)
    return len(shard_ids)
