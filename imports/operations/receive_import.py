"""Take a file in, so that its rows will be."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.policy.reports import refusal_for_moment
from imports import news
from imports.models import Import, Shard
from imports.operations.call_shards import call_shards_of
from imports.operations.store_file import StoredFile, remove_file
from imports.policy.heads import FileEmpty, check_head
from imports.policy.kinds import LOCAL, UPLOAD, NoReports
from imports.policy.lines import LineReader
from imports.queries.kinds import row_kind
from kernel.owners import EVERYBODY, PROGRAM, Owners, is_owned
from kernel.refusals import IdReused, Refusal
from outbox.operations import publish


class Received(NamedTuple):
    """An import, and whether it was there before."""

    imported: Import
    replayed: bool


def receive_import(
    *,
    import_id: str,
    kind: str,
    form: str,
    stored: StoredFile,
    shards: int,
    by: str,
    now: datetime,
    reported_at: datetime | None = None,
    owner: str = PROGRAM,
    owners: Owners = EVERYBODY,
) -> Received:
    """Keep a file under the id that its sender gave it, and have its rows read.

    Safe to repeat: the same id with the same kind, content and `reported_at` is the import that
    it made. An uploaded file that isn't needed (refused, or a repetition) is removed.

    Args:
        form: csv or ndjson.
        stored: on disk already, so that a row never names a file that may be lost.
        shards: how many workers may share the work.
        by: who sent it.
        reported_at: as of when its rows say it, unless they say themselves; `now` by default.
        owner: whose it becomes.
        owners: whose the one may be that was received under this id before.

    Raises:
        IdReused: the id stands for another kind, content or moment, or is another owner's.
        ReportedInTheFuture, NoReports: `reported_at` can't be the moment of this file.
        FileEmpty: the file has no line that isn't blank.
        FileUnreadable: it isn't UTF-8, or not in this format.
        HeaderInvalid: a CSV header with unknown, repeated or missing columns.
    """
    try:
        check_moment(kind=kind, reported_at=reported_at, now=now)
        check_file(kind=kind, form=form, stored=stored)
        fresh = Import(
            import_id=import_id,
            kind=kind,
            format=form,
            source=stored.source,
            file=stored.file,
            digest=stored.digest,
            bytes=stored.bytes,
            reported_at=reported_at,
            created_at=now,
            created_by=by,
            owner=owner,
        )
        received = _insert(fresh, stored, shards, owners)
    except Refusal:
        # After an error of the database the row may be there all the same, and name the file:
        # that one is left to `sweep_files`.
        remove_file(stored)
        raise
    if received.replayed:
        remove_file(stored)
    return received


def check_file(*, kind: str, form: str, stored: StoredFile) -> None:
    """Refuse a file whose beginning says that it isn't what it should be.

    Raises:
        FileEmpty: the file has no line that isn't blank.
        FileUnreadable: it isn't UTF-8, or not in this format.
        HeaderInvalid: a CSV header with unknown, repeated or missing columns.
    """
    if not stored.bytes:
        raise FileEmpty
    with stored.path.open("rb") as stream:
        check_head(LineReader(stream, until=stored.bytes), form, row_kind(kind).columns)


def check_moment(*, kind: str, reported_at: datetime | None, now: datetime) -> None:
    """Refuse a moment that can't be a file's.

    Raises:
        NoReports: rows of this kind have no moment of a report.
        ReportedInTheFuture: it is still to come.
    """
    if reported_at is None:
        return
    if not row_kind(kind).has_reports:
        raise NoReports
    if refusal := refusal_for_moment(reported_at, now):
        raise refusal


def _meaning(imported: Import) -> tuple[object, ...]:
    return imported.kind, bytes(imported.digest), imported.reported_at


@transaction.atomic
def _insert(fresh: Import, stored: StoredFile, shards: int, owners: Owners) -> Received:
    now = fresh.created_at
    # Of two senders of one id the second waits here for the first one's commit.
    Import.objects.bulk_create([fresh], ignore_conflicts=True)

    imported = Import.objects.select_for_update(no_key=True).get(import_id=fresh.import_id)
    is_known = imported.shards.exists()
    if _meaning(imported) != _meaning(fresh) or (is_known and not is_owned(imported.owner, owners)):
        raise IdReused("This import id stands for another file.")
    if is_known:
        if stored.source == imported.source == LOCAL:
            # The same content, perhaps moved since.
            Import.objects.filter(id=imported.id).update(file=stored.file)
        return Received(imported, replayed=True)

    Shard.objects.bulk_create(Shard(imported=imported, number=n) for n in range(shards))

    said = {"import_id": fresh.import_id, "kind": fresh.kind, "bytes": stored.bytes}
    publish(name=news.RECEIVED, items=[said], now=now)
    if stored.source == UPLOAD:
        call_shards_of(imported, now=now)
    return Received(imported, replayed=False)
