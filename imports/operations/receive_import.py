"""Take a file in, so that its rows will be."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from imports import news
from imports.models import Import, Shard
from imports.operations.call_shards import call_shards_of
from imports.operations.store_file import StoredFile, remove_file
from imports.policy.heads import FileEmpty, check_head
from imports.policy.kinds import LOCAL, UPLOAD
from imports.policy.lines import LineReader
from imports.queries.kinds import row_kind
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
) -> Received:
    """Keep a file under the id that its sender gave it, and have its rows read.

    Safe to repeat: the same id with the same kind and content is the import that it made. An
    uploaded file that isn't needed (refused, or a repetition) is removed.

    Args:
        form: csv or ndjson.
        stored: on disk already, so that a row never names a file that may be lost.
        shards: how many workers may share the work.
        by: who sent it.

    Raises:
        IdReused: the id stands for another kind or another content.
        FileEmpty: the file has no line that isn't blank.
        FileUnreadable: it isn't UTF-8, or not in this format.
        HeaderInvalid: a CSV header with unknown, repeated or missing columns.
    """
    try:
        check_file(kind=kind, form=form, stored=stored)
        received = _insert(import_id, kind, form, stored, shards, by, now)
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


@transaction.atomic
def _insert(
    import_id: str, kind: str, form: str, stored: StoredFile, shards: int, by: str, now: datetime
) -> Received:
    fresh = Import(
        import_id=import_id,
        kind=kind,
        format=form,
        source=stored.source,
        file=stored.file,
        digest=stored.digest,
        bytes=stored.bytes,
        created_at=now,
        created_by=by,
    )
    # Of two senders of one id the second waits here for the first one's commit.
    Import.objects.bulk_create([fresh], ignore_conflicts=True)

    imported = Import.objects.select_for_update(no_key=True).get(import_id=import_id)
    if (imported.kind, bytes(imported.digest)) != (kind, stored.digest):
        raise IdReused("This import id stands for another file.")
    if imported.shards.exists():
        if stored.source == imported.source == LOCAL:
            # The same content, perhaps moved since.
            Import.objects.filter(id=imported.id).update(file=stored.file)
        return Received(imported, replayed=True)

    Shard.objects.bulk_create(Shard(imported=imported, number=n) for n in range(shards))

    said = {"import_id": import_id, "kind": kind, "bytes": stored.bytes}
    publish(name=news.RECEIVED, items=[said], now=now)
    if stored.source == UPLOAD:
        call_shards_of(imported, now=now)
    return Received(imported, replayed=False)
