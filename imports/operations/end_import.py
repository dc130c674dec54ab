"""End an import: when its last shard is done, or when it can't go on."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Sum

from imports import news
from imports.models import Import
from imports.operations.store_file import file_of, remove_file
from imports.policy.kinds import FAILED, FINISHED
from outbox.operations import publish


def finish_if_done(*, imported_id: int, now: datetime) -> bool:
    """Finish an import whose shards are all done, in the caller's transaction.

    Of two last shards that end at once the second waits for the first one's commit, and finishes.
    """
    imported = Import.objects.select_for_update(no_key=True).get(id=imported_id)
    if imported.status == FAILED or imported.shards.filter(finished_at=None).exists():
        return False
    imported.status = FINISHED
    imported.finished_at = now
    imported.save(update_fields=["status", "finished_at"])

    _announce_end(imported, news.FINISHED, now)
    return True


@transaction.atomic
def fail_import(*, imported_id: int, code: str, detail: str, now: datetime) -> bool:
    """End an import that can't go on; what was taken in stays. An ended one is left as it is."""
    shards = Import(id=imported_id).shards.order_by("id")
    # Shards first, as everywhere, so that no worker waits for us while we wait for it.
    list(shards.select_for_update(no_key=True).values_list("id"))
    imported = Import.objects.select_for_update(no_key=True).get(id=imported_id)
    if imported.finished_at is not None:
        return False
    shards.update(claimed_by=None, leased_until=None)
    imported.status = FAILED
    imported.failure_code, imported.failure_detail = code, detail[:500]
    imported.finished_at = now
    imported.save(update_fields=["status", "failure_code", "failure_detail", "finished_at"])

    _announce_end(imported, news.FAILED, now)
    return True


def _announce_end(imported: Import, name: str, now: datetime) -> None:
    counts = imported.shards.aggregate(
        rows_read=Sum("rows_read"),
        accepted=Sum("accepted"),
        replayed=Sum("replayed"),
        stale=Sum("stale"),
        rejected=Sum("rejected"),
    )
    said = {"import_id": imported.import_id, "kind": imported.kind, **counts}
    if imported.failure_code:
        said["failure"] = imported.failure_code
    publish(name=name, items=[said], now=now)
    # Its raw values aren't needed any more. A file that outlives this moment is swept later.
    transaction.on_commit(partial(remove_file, file_of(imported)), robust=True)
