"""Two states of a row, value by value: what an auditor reads of a change."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A value that differs.

    Attributes:
        path: where it stands, with dots between the levels of JSON.
        before: None where there was none; so `after`.
    """

    path: str
    before: Any
    after: Any


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """Return what differs, in the order of the newer state; an absent state has no values.

    A value that is empty on one side (null, "", [] or {}) and absent on the other doesn't differ.
    """
    old, new = dict(_values(before)), dict(_values(after))
    paths = [*new, *(path for path in old if path not in new)]
    return [
        Difference(path, old.get(path), new.get(path))
        for path in paths
        if old.get(path) != new.get(path)
    ]


def _values(state: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    for name, value in (state or {}).items():
        yield from _flat(name, value)


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}", inner)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{path}.{number}", inner)
    elif value is not None and value not in ("", []):
        yield path, value
