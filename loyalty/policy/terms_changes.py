"""Terms as named values: to read them one by one, to fill them in, to tell two versions apart."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from loyalty.policy.terms import CHARGE_KINDS, Terms, TierTerms

Term = int | Decimal


class TermChange(NamedTuple):
    """A term that differs between two versions, by its path."""

    path: str
    old: Term
    new: Term


def terms_by_path(terms: Terms) -> dict[str, Term]:
    """Every single term under its path, such as `tiers.silver.paid_min_minor`, in their order."""
    return dict(_walk(terms, ""))


def content_with(values: Mapping[str, Term]) -> dict[str, Any]:
    """The content of a version whose terms are these; the counterpart of `terms_by_path`."""
    filled: dict[str, Any] = _filled(Terms(), "", values)
    return filled


def changes_between(old: Terms, new: Terms) -> list[TermChange]:
    """What differs, and nothing else; 1.5 and 1.50 are equal."""
    before, after = terms_by_path(old), terms_by_path(new)
    return [
        TermChange(path, before[path], value)
        for path, value in after.items()
        if before[path] != value
    ]


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The named parts of a group of terms."""
    if isinstance(value, Mapping):
        # As the program lists them: JSON objects come back from the database in another order.
        yield from ((kind, value[kind]) for kind in CHARGE_KINDS)
    elif isinstance(value, tuple):
        yield from ((tier.name, tier) for tier in value)
    else:
        for part in fields(value):
            # A tier's name is what its terms are called by.
            if part.init and not (isinstance(value, TierTerms) and part.name == "name"):
                yield part.name, getattr(value, part.name)


def _is_group(value: Any) -> bool:
    return is_dataclass(value) or isinstance(value, Mapping | tuple)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Term]]:
    if not _is_group(value):
        yield path, value
        return
    for name, part in _parts(value):
        yield from _walk(part, f"{path}.{name}" if path else name)


def _filled(value: Any, path: str, values: Mapping[str, Term]) -> Any:
    if not _is_group(value):
        given = values[path]
        return str(given) if isinstance(given, Decimal) else given
    filled = {
        name: _filled(part, f"{path}.{name}" if path else name, values)
        for name, part in _parts(value)
    }
    if isinstance(value, tuple):
        return [{"name": name, **tier} for name, tier in filled.items()]
    return filled
