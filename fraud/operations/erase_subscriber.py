"""What fraud keeps of a subscriber who is erased."""

from collections.abc import Collection
from datetime import datetime

from fraud.models import BlockedIdentifier, Case
from fraud.queries.case_files import blocked_among


def forget_ended_blocks(*, identifier_ids: Collection[int], now: datetime) -> int:
    """Delete blocks that were lifted or lapsed, in the caller's transaction.

    A block in force keeps its identifier, with the basis and the term that it was given.

    Returns:
        How many blocks are gone.
    """
    ids = sorted(set(identifier_ids) - blocked_among(sorted(identifier_ids), now))
    gone, _ = BlockedIdentifier.objects.filter(identifier__in=ids).delete()
    return gone


def rename_subject(*, external_id: str, renamed: str) -> int:
    """Let cases about a registration name the subscriber by another id. How many did."""
    about = Case.objects.filter(subject_type="registration", subject_id=external_id)
    return about.update(subject_id=renamed)
