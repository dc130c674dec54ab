"""PostgreSQL literals: arrays, written a column at a time, and single values.

The driver adapts a list one element after another, in Python, which for ten thousand charges
costs more than deciding over them. A literal of integers is one `join`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any


def literal(values: Sequence[Any]) -> str:
    """A column of equal type (None aside) as an array literal; its type is cast in the SQL."""
    sample = next((value for value in values if value is not None), None)
    write = _WRITERS.get(type(sample), _plain)
    if None in values:
        return "{" + ",".join("NULL" if value is None else write([value]) for value in values) + "}"
    return "{" + write(values) + "}"


def scalar(value: Any) -> str | None:
    """A single value of such a column, written the same way."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return None if value is None else str(value)


def _plain(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def _integers(values: Sequence[int]) -> str:
    # The list's own text is the literal but for its brackets.
    return str(list(values))[1:-1]


def _moments(values: Sequence[date]) -> str:
    """Moments are written as they are: a space in an array element needs no quotes."""
    # They repeat a lot, and each is a hundred times cheaper to look up than to write.
    written = {value: str(value) for value in set(values)}
    return ",".join(map(written.__getitem__, values))


def _text(values: Sequence[str]) -> str:
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'"{joined}"'


def _bytea(values: Sequence[bytes]) -> str:
    return '"\\\\x' + '","\\\\x'.join(map(bytes.hex, values)) + '"'


_WRITERS: dict[type, Callable[[Sequence[Any]], str]] = {
    str: _text,
    bytes: _bytea,
    int: _integers,
    date: _moments,
    datetime: _moments,
}
