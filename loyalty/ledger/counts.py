"""Counting what was posted, for whoever watches; the books are what counts."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from prometheus_client import Counter

from loyalty.policy.book import Book

_POSTINGS = Counter("tenure_postings", "Entries that were posted, by kind.", ["kind"])
_POINTS = Counter("tenure_points", "Points that entries moved, by kind.", ["kind"])


def count_after_commit(books: Iterable[Book]) -> None:
    """Count the entries of `books` once they are committed."""
    counted: dict[str, list[int]] = {}
    for book in books:
        for entry in book.entries:
            sums = counted.get(entry.kind)
            if sums is None:
                counted[entry.kind] = [1, entry.points]
            else:
                sums[0] += 1
                sums[1] += entry.points
    if counted:
        # What is committed can't fail any more, whatever becomes of its figures.
        transaction.on_commit(partial(_count, counted), robust=True)


def _count(counted: dict[str, list[int]]) -> None:
    for kind, (entries, points) in counted.items():
        _POSTINGS.labels(kind).inc(entries)
        _POINTS.labels(kind).inc(points)
