"""Decisions that take two persons: each confirms what they have read, and nobody confirms alone.

A page or an answer that shows what is to be decided carries a digest of it. The verb that decides
makes the digest anew, under its locks, and refuses if they differ.
"""

import json
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Protocol
from uuid import UUID

from kernel.refusals import Refusal


class ChangedSinceRead(Refusal):
    code = "changed_since_read"
    title = "What was read is not what is there now: read it again before deciding."


def digest_of(**shown: object) -> str:
    """The digest of what somebody is shown before they decide: 64 hexadecimal digits.

    Args:
        shown: by name; numbers, texts, moments, and lists and mappings of them.
    """
    written = json.dumps(shown, sort_keys=True, ensure_ascii=False, default=_written)
    return sha256(written.encode()).hexdigest()


class Proposable(Protocol):
    """A version that is drafted, proposed and put in force by different persons."""

    number: Any
    status: Any
    content: Any
    note: Any
    authors: Any
    proposed_at: Any
    proposed_by: Any


def digest_of_version(version: Proposable, **held_against: object) -> str:
    """The digest of a version as it is read before it is proposed or put in force.

    Args:
        version: what it says, and who is behind it, are read.
        held_against: what is in force, and what is to be, by name.
    """
    return digest_of(
        number=version.number,
        status=version.status,
        content=version.content,
        note=version.note,
        authors=version.authors,
        proposed_at=version.proposed_at,
        proposed_by=version.proposed_by,
        **held_against,
    )


def demand_read(digest: str, shown: str) -> None:
    """Go on only if what is there is what was read.

    Args:
        digest: of what was read, as the one who decides hands it back.
        shown: of what is there now.

    Raises:
        ChangedSinceRead: they differ.
    """
    if not compare_digest(digest.encode(), shown.encode()):
        raise ChangedSinceRead


def is_another(by: str, before: Iterable[str | None]) -> bool:
    """Whether somebody is none of those who drafted, changed or proposed it."""
    return by not in set(before)


def with_author(authors: Collection[str], by: str) -> list[str]:
    """The authors of a draft after one more has changed it, each once."""
    return sorted({*authors, by})


def _written(value: object) -> str:
    if isinstance(value, date | Decimal | UUID):
        return f"{type(value).__name__} {value}"
    raise TypeError(f"{type(value).__name__} has no place in a digest")
