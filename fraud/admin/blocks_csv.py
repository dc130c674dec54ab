"""The block list as files: what comes in has values, what goes out has none."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, NamedTuple

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.api.bodies import digest_of, normal_of
from accounts.policy.identifiers import KINDS, IdentifierDigest
from accounts.policy.placeholders import Placeholder
from doors.translation import translated
from fraud.admin.forms import REASON_MAX
from fraud.models import BlockedIdentifier
from fraud.operations.block_identifiers import NewBlock

ROWS_MAX = 10_000
BYTES_MAX = 8 * 1024 * 1024
ERRORS_SHOWN = 100
COLUMNS = ("kind", "value", "reason", "expires_at")
EXPORTED = (
    "kind",
    "hint",
    "digest_prefix",
    "reason",
    "source",
    "blocked_at",
    "blocked_by",
    "expires_at",
    "lifted_at",
    "lifted_by",
)


class RowError(NamedTuple):
    """What is wrong with a row; the value itself is repeated nowhere."""

    line: int
    column: str
    words: str


def digest_of_value(kind: str, value: str) -> IdentifierDigest:
    """What is kept of a value.

    Raises:
        ValueError: it can't be of this kind.
    """
    return digest_of(kind, value)


def refusal_of_value(error: ValueError) -> str:
    """Why a value can't be blocked, in the reader's language."""
    if isinstance(error, Placeholder):
        return _("This value stands for “unknown”: it would block strangers.")
    return translated(str(error))


def blocks_in(file: IO[bytes], *, now: datetime) -> tuple[list[NewBlock], list[RowError]]:
    """The blocks of a file, or everything that is wrong with it."""
    content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        return [], [RowError(0, "", _("The file is larger than 8 MB."))]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [RowError(0, "", _("The file is not UTF-8 text."))]
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            said = _("The first line names the columns: %(columns)s.")
            return [], [RowError(1, "", said % {"columns": ", ".join(COLUMNS)})]
        return _read(reader, now)
    except csv.Error as error:
        return [], [RowError(reader.line_num + 1, "", _("Not CSV: %(error)s.") % {"error": error})]


def exported(block: BlockedIdentifier, *, with_hint: bool) -> list[Any]:
    """A block as a row; the hint for those who may see identifiers unmasked."""
    found = block.identifier
    return [
        found.kind,
        found.hint if with_hint else "",
        bytes(found.digest).hex()[:16],
        block.reason,
        block.source,
        _moment(block.blocked_at),
        block.blocked_by,
        _moment(block.expires_at),
        _moment(block.lifted_at),
        block.lifted_by or "",
    ]


def _read(reader: "csv.DictReader[str]", now: datetime) -> tuple[list[NewBlock], list[RowError]]:
    blocks: list[NewBlock] = []
    errors: list[RowError] = []
    for number, row in enumerate(reader, start=1):
        if number > ROWS_MAX:
            errors.append(RowError(reader.line_num, "", _("There are more than 10,000 rows.")))
            break
        faults = list(_faults(row, now))
        errors += [RowError(reader.line_num, *fault) for fault in faults]
        if not faults:
            digest = digest_of_value(row["kind"], row["value"])
            blocks.append(NewBlock(digest, row["reason"].strip(), _until(row["expires_at"])))
    if not blocks and not errors:
        errors.append(RowError(1, "", _("The file has no rows.")))
    return blocks, errors


def _faults(row: dict[Any, Any], now: datetime) -> Iterator[tuple[str, str]]:
    if None in row or None in row.values():
        yield "", _("The row has another number of columns than the first line.")
        return
    yield from _faults_of_identifier(row["kind"], row["value"])
    if not row["reason"].strip():
        yield "reason", _("Say why it is blocked.")
    elif len(row["reason"]) > REASON_MAX or "\x00" in row["reason"]:
        yield "reason", _("A reason has at most 500 characters.")
    try:
        until = _until(row["expires_at"])
    except ValueError:
        yield "expires_at", _("Give a moment with its offset, such as 2027-01-31T00:00:00+03:00.")
        return
    if until is not None and until <= now:
        yield "expires_at", _("A block ends after it begins.")


def _faults_of_identifier(kind: str, value: str) -> Iterator[tuple[str, str]]:
    if kind not in KINDS:
        yield "kind", _("A kind is one of %(kinds)s.") % {"kinds": ", ".join(KINDS)}
        return
    if not value.strip() or len(value) > 500:
        yield "value", _("A value has 1 to 500 characters.")
        return
    try:
        normal_of(kind, value)
    except ValueError as error:
        yield "value", refusal_of_value(error)


def _until(text: str) -> datetime | None:
    if not text.strip():
        return None
    until = datetime.fromisoformat(text.strip())
    if until.tzinfo is None:
        raise ValueError("A moment has an offset.")
    return until


def _moment(at: datetime | None) -> str:
    return localtime(at).isoformat() if at is not None else ""
