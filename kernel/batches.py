"""Lists in pages of a bounded length."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pages_of(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in their order, `size` at a time; the last page may be shorter."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page
