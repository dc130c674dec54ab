"""Counting rows of files, for whoever watches; the imports themselves are what counts."""

from collections.abc import Mapping
from functools import partial

from django.db import transaction
from prometheus_client import Counter

_ROWS = Counter(
    "tenure_import_rows",
    "Rows of files that were read, by kind and outcome",
    ["kind", "outcome"],
)


def count_rows_after_commit(kind: str, outcomes: Mapping[str, int]) -> None:
    """Count the rows of a batch by their outcome, once it is committed."""
    transaction.on_commit(partial(_count, kind, outcomes), robust=True)


def _count(kind: str, outcomes: Mapping[str, int]) -> None:
    for outcome, rows in outcomes.items():
        if rows:
            _ROWS.labels(kind, outcome).inc(rows)
