"""Export assessments for analysts: Parquet, in row groups, in flat memory."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.management.base import BaseCommand, CommandError, CommandParser

from doors.jobs import Progress
from fraud.management.windows import add_window, window_of
from fraud.queries.assessment_rows import COLUMNS, assessment_batches

ROWS_PER_GROUP = 10_000

_TYPES = {
    "id": pa.int64(),
    "subscriber_id": pa.int64(),
    "value_minor": pa.int64(),
    "assessed_at": pa.timestamp("us", tz="UTC"),
    "rule_set": pa.int16(),
    "is_shadow": pa.bool_(),
    "score_millionths": pa.int64(),
}
SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])


class Command(BaseCommand):
    help = (
        "Write stored assessments with the verdicts over them to a Parquet file: facts,"
        " contributions, hits and faults are JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.parquet")
        add_window(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file beside its name, and give it that once it is whole."""
        since, until = window_of(options)
        path = Path(options["file"])
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            with (
                Progress("Exporting", unit="assessments") as progress,
                pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer,
            ):
                batches = assessment_batches(since=since, until=until, size=ROWS_PER_GROUP)
                for rows in batches:
                    writer.write_batch(_batch(rows))
                    progress.advance(len(rows))
            unfinished.replace(path)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror or error}.") from None
        finally:
            unfinished.unlink(missing_ok=True)
        self.stdout.write(f"{progress.done:,} assessments were written to {path}.")


def _batch(rows: list[tuple[Any, ...]]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(list(column), type=field.type)
        for field, column in zip(SCHEMA, columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=SCHEMA)
