"""The proof document of an erasure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

STAYS = (
    "Blocks in force stay with their digest, basis and term, without a hint.",
    "Rows of the books, benefits, cases and screenings stay, by the internal number only.",
    "Billing's id stays as a keyed digest, so that no later report brings the subscriber back;"
    " in screenings of the registration and in errors of imports, which nothing can change, it"
    " stands as it was.",
    "Backups made before hold what was deleted until they run out, under the operator's keys.",
)


def proof_document(
    *,
    internal_number: int,
    erased_at: datetime,
    erased_by: str,
    basis: str,
    forced_because: str,
    deleted: Mapping[str, int],
    kept: Mapping[str, int],
    content_digest: bytes,
    books: Mapping[str, Any],
) -> dict[str, Any]:
    """What is handed to whoever asks whether a subscriber was erased; it names no person.

    Returns:
        JSON values but for the moment.
    """
    return {
        "document": "Proof of the erasure of personal data",
        "subscriber": {"internal_number": internal_number},
        "erased_at": erased_at,
        "erased_by": erased_by,
        "basis": basis,
        "forced_because": forced_because or None,
        "deleted_rows": dict(deleted),
        "deleted_content_sha256": content_digest.hex(),
        "kept_rows": dict(kept),
        "what_stays": list(STAYS),
        "books": {**books, "unchanged": books["before"] == books["after"]},
    }
