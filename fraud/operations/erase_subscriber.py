"""What fraud forgets of a subscriber who is erased."""

from collections.abc import Collection

from fraud.models import BlockedIdentifier, Case


def forget_blocks(*, identifier_ids: Collection[int]) -> int:
    """Delete all blocks of identifiers that none in force needs, in the caller's transaction.

    A block in force keeps its identifier, with the basis and the term that it was given: the
    caller has left those out (`blocked_among`).

    Returns:
        How many blocks are gone.
    """
    gone, _ = BlockedIdentifier.objects.filter(identifier__in=identifier_ids).delete()
    return gone


def rename_subject(*, external_id: str, renamed: str) -> int:
    """Let cases about a registration name the subscriber by another id. How many did."""
    about = Case.objects.filter(subject_type="registration", subject_id=external_id)
    return about.update(subject_id=renamed)
