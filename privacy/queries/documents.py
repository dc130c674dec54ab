"""JSON documents of commands and pages."""

from typing import Any

import orjson

from accounts.models import Erasure
from privacy.policy.proof import proof_document

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def proof_of(erasure: Erasure) -> bytes:
    """The proof of an erasure, as a file."""
    return as_json(
        proof_document(
            internal_number=erasure.subscriber_id,
            erased_at=erasure.erased_at,
            erased_by=erasure.erased_by,
            basis=erasure.basis,
            forced_because=erasure.forced_because,
            deleted=erasure.deleted,
            kept=erasure.kept,
            content_digest=bytes(erasure.content_digest),
            books=erasure.books,
        )
    )


def as_json(document: dict[str, Any]) -> bytes:
    """A document for people: indented, moments in UTC."""
    return orjson.dumps(document, option=_OPTIONS)
