"""The list of identifiers that mean nothing: kept by their digests, each with a reason."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Identifier
from accounts.operations import know_identifiers
from accounts.operations.meaningless import give_meaning, take_meaning
from accounts.policy.identifiers import IdentifierDigest
from fraud.models import MeaninglessIdentifier
from fraud.operations.block_identifiers import UnknownIdentifier
from fraud.policy.cases import CaseReasonMissing
from trail.acting import acting


@transaction.atomic
def declare_meaningless(
    *, identifier_ids: Collection[int], reason: str, by: str, now: datetime
) -> int:
    """Put identifiers on the list; one that stands there already stays as it is.

    From now on they are as good as absent: no match, no count, no link. A block on one holds
    until it is lifted.

    Returns:
        How many were added.

    Raises:
        UnknownIdentifier: an id was never seen.
        CaseReasonMissing: nobody would know why.
    """
    if not reason.strip():
        raise CaseReasonMissing
    wanted = sorted(set(identifier_ids))
    if Identifier.objects.filter(pk__in=wanted).count() < len(wanted):
        raise UnknownIdentifier
    known = set(
        MeaninglessIdentifier.objects.filter(identifier__in=wanted).values_list(
            "identifier_id", flat=True
        )
    )
    fresh = [key for key in wanted if key not in known]
    with acting(by=by, reason=reason):
        MeaninglessIdentifier.objects.bulk_create(
            [
                MeaninglessIdentifier(identifier_id=key, reason=reason, added_at=now, added_by=by)
                for key in fresh
            ],
            ignore_conflicts=True,
        )
    take_meaning(identifier_ids=fresh, now=now)
    return len(fresh)


@transaction.atomic
def declare_digests_meaningless(
    *, digests: Sequence[IdentifierDigest], reason: str, by: str, now: datetime
) -> int:
    """Put identifiers on the list by their values' digests, also such as nobody has yet.

    Raises:
        CaseReasonMissing: as `declare_meaningless`.
    """
    ids = know_identifiers(identifiers=digests)
    return declare_meaningless(identifier_ids=list(ids.values()), reason=reason, by=by, now=now)


@transaction.atomic
def restore_meaning(*, entry_ids: Collection[int], reason: str, by: str) -> int:
    """Take identifiers off the list; safe to repeat. The trail keeps what stood there.

    They link again whoever has them. Nobody is marked for it afterwards: marks come with
    registrations, joins and benefits.

    Returns:
        How many were taken off.

    Raises:
        CaseReasonMissing: nobody would know why.
    """
    if not reason.strip():
        raise CaseReasonMissing
    entries = MeaninglessIdentifier.objects.select_for_update().filter(pk__in=entry_ids)
    identifier_ids = [entry.identifier_id for entry in entries.order_by("pk")]
    with acting(by=by, reason=reason):
        MeaninglessIdentifier.objects.filter(pk__in=entry_ids).delete()
    give_meaning(identifier_ids=identifier_ids)
    return len(identifier_ids)
