"""What can be imported, and what a kind of rows must be able to do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from kernel.refusals import Refusal

SUBSCRIBERS, CHARGES = "subscribers", "charges"
KINDS = (SUBSCRIBERS, CHARGES)
CSV, NDJSON = "csv", "ndjson"
FORMATS = (CSV, NDJSON)
WAITING, RUNNING, FINISHED, FAILED = "waiting", "running", "finished", "failed"
STATUSES = (WAITING, RUNNING, FINISHED, FAILED)
UPLOAD, LOCAL = "upload", "local"
SOURCES = (UPLOAD, LOCAL)

# What every kind of rows names its subscriber with, and what shards are split by.
SUBSCRIBER = "subscriber_id"

TEXT, BOOLEAN, INTEGER, IDENTIFIER = "text", "boolean", "integer", "identifier"
AMOUNT, INSTANT, DAY = "amount", "instant", "day"
# Until when a subscriber had the identifier of the same row and kind.
IDENTIFIER_END, END_SUFFIX = "identifier_end", "_until"


class NoReports(Refusal):
    code = "no_reports"
    title = "reported_at goes with files of subscribers only."


class Column(NamedTuple):
    """Where a CSV cell goes in the API's object, and how its text is read.

    Attributes:
        path: members from the outside in; for an identifier, its kind.
        reads: TEXT, BOOLEAN, INTEGER, IDENTIFIER, IDENTIFIER_END, AMOUNT, INSTANT or DAY.
        is_required: every row needs a value, so that the header needs the column.
    """

    path: tuple[str, ...]
    reads: str = TEXT
    is_required: bool = False


class RowFault(NamedTuple):
    """Why a row was rejected; never with the value that was wrong."""

    code: str
    detail: str
    pointer: str = ""


class RowOutcome(NamedTuple):
    """What became of a row that could be read: taken in, known already, or refused.

    Attributes:
        is_stale: its fault is that something newer is known, which is nobody's mistake.
    """

    replayed: bool = False
    fault: RowFault | None = None
    is_stale: bool = False


class RowKind(Protocol):
    """How rows of one kind are read and taken in.

    Attributes:
        id_member: the member that names a row in the list of errors.
        columns: the columns that a CSV file may have, by name.
        has_reports: whether rows have a moment, and change nothing if they are older than what is
            known.
    """

    id_member: str
    columns: Mapping[str, Column]
    has_reports: bool

    def read(self, documents: Sequence[Any]) -> "list[Any | RowFault]":
        """Return for each of the API's objects the verb's item, or what is wrong with it."""
        ...

    def take_in(
        self, items: Sequence[Any], *, now: datetime, by: str, reported_at: datetime
    ) -> list[RowOutcome]:
        """Call the verb for whoever imports, in the caller's transaction.

        The outcomes come in the order of the items.

        Args:
            reported_at: the moment as of which the file says it, for rows that don't say.
        """
        ...
