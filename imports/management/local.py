"""A file of this machine, imported by this machine's cores while somebody watches."""

import argparse
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from doors.api.fields import instant_text
from doors.jobs import Progress, moment
from imports.management.processes import share_out
from imports.operations import local_file, read_shard, receive_import, try_import
from imports.operations.store_file import StoredFile
from imports.policy.heads import format_of, is_workbook
from imports.policy.kinds import FAILED, FORMATS
from imports.queries.imports import (
    error_lines,
    import_called,
    in_order,
    progress_of,
    rejected_rows,
    unfinished_shards_of,
)
from kernel.ids import is_id
from kernel.refusals import Refusal

PIECE_BYTES = 1024 * 1024
LOOK_EVERY_SECONDS = 0.5
ERRORS_SHOWN_MAX = 10
# What shells say of a program that Ctrl-C ended.
INTERRUPTED = 130

_now = partial(datetime.now, UTC)


class ImportFile(BaseCommand):
    """Imports one local file; a subclass says of what."""

    kind: str

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments that every kind of file has."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=FORMATS, help="default: by the file's name")
        parser.add_argument(
            "--import-id", help="resumes the import that is called so; default: by the content"
        )
        parser.add_argument(
            "--workers",
            type=_workers,
            default=os.cpu_count() or 1,
            metavar="N",
            help="processes that share the subscribers; default: one per core",
        )
        parser.add_argument(
            "--reported-at",
            type=moment,
            metavar="MOMENT",
            help="of subscribers: as of when the file was made, for rows that don't say: RFC 3339"
            " with an offset, or a day (its start in the program's zone); default now",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would become of the rows, and write nothing",
        )
        parser.add_argument(
            "--errors", type=Path, metavar="CSV", help="where to write the rejected rows"
        )

    def handle(
        self,
        *args: Any,
        file: Path,
        format: str | None,  # noqa: A002 (the option's name)
        import_id: str | None,
        workers: int,
        errors: Path | None,
        reported_at: datetime | None = None,
        dry_run: bool = False,
        **options: Any,
    ) -> None:
        """Import the file, or go on with it."""
        form = format or format_of(file.name, "")
        if form is None and is_workbook(file.name):
            raise CommandError("A workbook can't be read: save the sheet as CSV UTF-8.")
        if form is None:
            raise CommandError("The file's name doesn't say its format: give --format.")
        if dry_run:
            self._try(file, form, reported_at)
            return
        if import_id and not is_id(import_id):
            raise CommandError("An import's id has at most 64 printable characters and no slash.")
        stored = self._read_whole(file)
        import_id = import_id or self._id_for(stored, reported_at)
        try:
            receive_import(
                import_id=import_id,
                kind=self.kind,
                form=form,
                stored=stored,
                shards=workers,
                by="command",
                now=_now(),
                reported_at=reported_at,
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail}") from None
        started_at = monotonic()
        rows_before = progress_of(import_called(import_id)).rows_read
        try:
            self._watch(import_id, workers)
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped; the same command goes on with import {import_id}.")
            raise SystemExit(INTERRUPTED) from None
        self._report(import_id, rows_before, monotonic() - started_at, errors)

    def _try(self, file: Path, form: str, reported_at: datetime | None) -> None:
        try:
            tried = try_import(
                kind=self.kind,
                form=form,
                path=file,
                by="command",
                clock=_now,
                reported_at=reported_at,
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail}") from None
        self.stdout.write(
            f"Dry run, nothing was written: {tried.rows_read:,} rows, of which"
            f" {tried.accepted:,} would be accepted, {tried.replayed:,} are known already,"
            f" {tried.stale:,} stale, {tried.rejected:,} would be rejected."
        )
        for row in (*tried.rejected_rows, *tried.stale_rows):
            fault = row.fault
            self.stdout.write(f"  line {row.line} {row.row_id}: {fault.code}: {fault.detail}")

    def _id_for(self, stored: StoredFile, reported_at: datetime | None) -> str:
        """Return an id that the same file of the same moment always has."""
        digest = stored.digest
        if reported_at is not None:
            digest = hashlib.sha256(digest + instant_text(reported_at).encode()).digest()
        return f"{self.kind}-{digest.hex()[:40]}"

    def _read_whole(self, file: Path) -> StoredFile:
        digest = hashlib.sha256()
        try:
            with (
                file.open("rb") as stream,
                Progress(
                    f"Reading {file.name}", total=file.stat().st_size, unit="bytes"
                ) as progress,
            ):
                while piece := stream.read(PIECE_BYTES):
                    digest.update(piece)
                    progress.advance(len(piece))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        return local_file(file, digest=digest.digest())

    def _watch(self, import_id: str, workers: int) -> None:
        imported = import_called(import_id)
        with Progress(f"Importing {self.kind}", total=imported.bytes, unit="bytes") as progress:

            def look() -> None:
                share = progress_of(import_called(import_id)).share
                progress.advance(int(share * imported.bytes) - progress.done)

            look()
            if workers == 1:
                work(imported.id, look)
            elif not share_out(
                imported.id,
                workers=workers,
                database=str(connection.settings_dict["NAME"]),
                look=look,
                look_every_seconds=LOOK_EVERY_SECONDS,
            ):
                raise CommandError("A worker failed; the same command goes on.")
            look()

    def _report(
        self, import_id: str, rows_before: int, seconds: float, errors: Path | None
    ) -> None:
        imported = import_called(import_id)
        done = progress_of(imported)
        rows = done.rows_read - rows_before
        stale = f" {done.stale:,} stale," if done.stale else ""
        self.stdout.write(
            f"Import {import_id}, {imported.status}: {done.rows_read:,} rows, of which"
            f" {done.accepted:,} accepted, {done.replayed:,} known already,{stale}"
            f" {done.rejected:,} rejected; {rows:,} now in {seconds:.1f} s,"
            f" {rows / max(seconds, 1e-9):,.0f}/s."
        )
        if done.stale:
            self.stdout.write(
                "Stale rows are older than what was known, and changed nothing:"
                f" GET /api/v1/imports/{import_id}/stale"
            )
        if done.rejected:
            self._tell_errors(imported, errors)
        if imported.status == FAILED:
            raise CommandError(f"{imported.failure_code}: {imported.failure_detail}")

    def _tell_errors(self, imported: Any, errors: Path | None) -> None:
        for error in islice(in_order(rejected_rows(imported)), ERRORS_SHOWN_MAX):
            self.stdout.write(f"  line {error.line} {error.row_id}: {error.code}: {error.detail}")
        if errors is None:
            self.stdout.write(
                f"All of them: --errors CSV, or GET /api/v1/imports/{imported.import_id}/errors"
            )
            return
        with errors.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(error_lines(rejected_rows(imported)))
        self.stdout.write(f"All of them: {errors}")


def work(imported_id: int, on_batch: Callable[[], None] | None = None) -> None:
    """Read the shards of an import one after another, until none is left.

    A shard of a worker that was killed is waited for until its lease ends.
    """
    while shard_ids := unfinished_shards_of(imported_id):
        worked = [
            read_shard(shard_id=each, worker=uuid4().hex, clock=_now, on_batch=on_batch)
            for each in shard_ids
        ]
        if not any(worked):
            sleep(LOOK_EVERY_SECONDS)


def _workers(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("between 1 and 64")
    return number
