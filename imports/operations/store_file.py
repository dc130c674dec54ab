"""Files on their way into IMPORTS_DIR and out of it; they hold raw values, so none stays long.

Django keeps what a person sends there too (FILE_UPLOAD_TEMP_DIR), until the request ends.
"""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from uuid import uuid4

from django.conf import settings

from imports.models import Import
from imports.policy.kinds import FAILED, FINISHED, LOCAL, UPLOAD

_INCOMING = ".incoming"
_KEPT = ".rows"
# What a person sends while it arrives: see `doors.uploads`.
_SPOOLED = ".upload"
# A file that no unfinished import names is somebody's upload for this long, and litter then.
ORPHAN_AFTER = timedelta(hours=24)


class StoredFile(NamedTuple):
    """A file that is on disk: its name, its content's SHA-256 and its length."""

    source: str
    file: str
    digest: bytes
    bytes: int

    @property
    def path(self) -> Path:
        """Where it is."""
        return _directory() / self.file if self.source == UPLOAD else Path(self.file)


class IncomingFile:
    """A file while it arrives; it is gone again unless it is kept."""

    def __init__(self) -> None:
        directory = make_directory()
        self._stem = uuid4().hex
        self.path = directory / (self._stem + _INCOMING)
        self._stream = self.path.open("xb")
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, piece: bytes) -> None:
        """Add to the end."""
        self._stream.write(piece)
        self._hash.update(piece)
        self.bytes += len(piece)

    def flush(self) -> None:
        """Let readers of `path` see what was written."""
        self._stream.flush()

    def keep(self) -> StoredFile:
        """Make the file last, so that a row in the database may name it."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        name = self._stem + _KEPT
        self.path.rename(_directory() / name)
        _sync_directory()
        return StoredFile(UPLOAD, name, self._hash.digest(), self.bytes)

    def discard(self) -> None:
        """Forget the file, unless it was kept."""
        self._stream.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()


def make_directory() -> Path:
    """Return the directory of stored files, for the application's user only; made if need be."""
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def remove_file(stored: StoredFile) -> None:
    """Remove an uploaded file; what lies elsewhere belongs to somebody else."""
    if stored.source == UPLOAD:
        stored.path.unlink(missing_ok=True)


def file_of(imported: Import) -> StoredFile:
    """Return the file of an import."""
    return StoredFile(imported.source, imported.file, bytes(imported.digest), imported.bytes)


def local_file(path: Path, *, digest: bytes) -> StoredFile:
    """Return a file that is read where it lies."""
    return StoredFile(LOCAL, str(path.resolve()), digest, path.stat().st_size)


def sweep_files(*, now: datetime) -> int:
    """Remove what broken uploads and killed workers left behind; safe to repeat.

    Args:
        now: files that changed within `ORPHAN_AFTER` before it are left alone.

    Returns:
        How many files were removed.
    """
    if not _directory().is_dir():
        return 0
    unfinished = Import.objects.filter(source=UPLOAD).exclude(status__in=(FINISHED, FAILED))
    needed = set(unfinished.values_list("file", flat=True))
    eldest = (now - ORPHAN_AFTER).timestamp()
    removed = 0
    for path in _directory().iterdir():
        is_ours = path.suffix in (_INCOMING, _KEPT, _SPOOLED)
        if is_ours and path.name not in needed and path.stat().st_mtime < eldest:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _directory() -> Path:
    return Path(settings.IMPORTS_DIR)


def _sync_directory() -> None:
    # Without this the name could be lost in a crash, though the content is safe.
    descriptor = os.open(_directory(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
