"""Who works on a shard: a claim is one conditional UPDATE, and losing it is an ordinary outcome."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from imports.models import Import, Shard
from imports.operations.call_shards import call_shard
from imports.operations.end_import import fail_import
from imports.policy.kinds import FAILED, FINISHED, RUNNING, UPLOAD, WAITING

# Who is silent for so long is taken for dead. A batch that takes longer loses nothing: it locks
# its shard, and whoever wants to claim that waits for its end.
LEASE = timedelta(seconds=30)
FAILURES_MAX = 5


class ClaimLost(Exception):
    """Somebody else has this shard now; what the loser did since its checkpoint is undone."""


@transaction.atomic
def claim_shard(*, shard_id: int, worker: str, now: datetime) -> bool:
    """Give a shard to a worker until the lease ends; return whether it was to be had.

    A shard that ended its last `FAILURES_MAX` claims in an error fails its import instead.

    Args:
        worker: a name that no other claim ever has.
    """
    # Conditions on the row itself and no join, which Django would put into a subquery: of two
    # UPDATEs the second waits for the first, and then asks again only what the row says.
    unended = Import.objects.exclude(status__in=(FINISHED, FAILED)).values("id")
    claimed = (
        Shard.objects.filter(id=shard_id, finished_at=None, imported_id__in=unended)
        .filter(Q(leased_until=None) | Q(leased_until__lte=now))
        .update(
            claimed_by=worker,
            claimed_at=now,
            leased_until=now + LEASE,
            failures=F("failures") + 1,
        )
    )
    if not claimed:
        return False
    shard = Shard.objects.get(id=shard_id)
    if shard.failures > FAILURES_MAX:
        detail = f"The rows after line {shard.line} failed {FAILURES_MAX} times; see the log."
        fail_import(imported_id=shard.imported_id, code="given_up", detail=detail, now=now)
        return False
    Import.objects.filter(id=shard.imported_id, status=WAITING).update(
        status=RUNNING, started_at=now
    )
    return True


def hold_shard(*, shard_id: int, worker: str) -> Shard:
    """Lock a shard in the caller's transaction, so that what it writes is its worker's alone.

    Raises:
        ClaimLost: the lease ended and somebody else has the shard, or the import has ended.
    """
    held = (
        Shard.objects.select_related("imported")
        .select_for_update(no_key=True, of=("self",))
        .filter(id=shard_id, claimed_by=worker)
        .first()
    )
    if held is None:
        raise ClaimLost
    return held


@transaction.atomic
def release_shard(*, shard_id: int, worker: str, now: datetime, calls_next: bool) -> None:
    """Let go of a shard that isn't finished; nothing happens if it isn't this worker's any more.

    Args:
        calls_next: another worker should come at once; else `call_shards` finds it.
    """
    released = Shard.objects.filter(id=shard_id, claimed_by=worker).update(
        claimed_by=None, leased_until=None, failures=0
    )
    if (
        released
        and calls_next
        and Shard.objects.filter(id=shard_id, imported__source=UPLOAD).exists()
    ):
        call_shard(shard_id, now=now)


def abandon_shard(*, shard_id: int, worker: str) -> None:
    """Let go of a shard after an error, which stays counted."""
    Shard.objects.filter(id=shard_id, claimed_by=worker).update(claimed_by=None, leased_until=None)
