"""Lists in pages of a bounded length, and the memory of those who work on them."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_FEW = 100


def pages_of(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in their order, `size` at a time; the last page may be shorter."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page


@contextmanager
def collection_paused(items: int) -> Iterator[None]:
    """Keep the collector of cycles from walking again and again through a growing list.

    Plans of ten thousand items are hundreds of thousands of objects, none of them in a
    cycle, and looking for cycles among them costs as much as making them. Few items leave the
    collector alone. Among threads, whoever paused it first resumes it.
    """
    if items < _FEW or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
