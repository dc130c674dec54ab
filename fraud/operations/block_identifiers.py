"""The block list: identifiers whose benefits are stopped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.models import Identifier
from accounts.operations import know_identifiers
from accounts.policy.identifiers import IdentifierDigest
from accounts.queries.identifiers import mailboxes_of
from fraud.models import BlockedIdentifier
from fraud.policy.cases import CaseReasonMissing
from kernel.refusals import NotFound, Refusal
from loyalty.policy.gate import CLOCK
from trail.acting import acting


class UnknownBlock(NotFound):
    code = "unknown_block"
    title = "There is no such entry on the block list."


class UnknownIdentifier(NotFound):
    code = "unknown_identifier"
    title = "There is no identifier with this id."


class BlockEndsBefore(Refusal):
    code = "block_ends_before"
    title = "A block ends after it begins."


class NewBlock(NamedTuple):
    """An identifier to be blocked, with the basis for it and until when."""

    identifier: IdentifierDigest
    reason: str
    expires_at: datetime | None = None


@transaction.atomic
def block_identifiers(
    *,
    identifier_ids: Sequence[int],
    reason: str,
    source: str,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Put identifiers on the block list; one that stands there already stays as it is.

    Of an e-mail address its mailbox is blocked, with all addresses that lead to it.

    Returns:
        How many were added.

    Raises:
        UnknownIdentifier: an id was never seen.
        CaseReasonMissing: nobody would know why.
        BlockEndsBefore: it would have expired already.
    """
    if not reason.strip():
        raise CaseReasonMissing
    wanted = sorted(set(identifier_ids))
    if Identifier.objects.filter(pk__in=wanted).count() < len(wanted):
        raise UnknownIdentifier
    leads_to = mailboxes_of(wanted)
    basis = dict.fromkeys((leads_to.get(key, key) for key in wanted), (reason, expires_at))
    with acting(by=by, reason=reason):
        return _block(basis, source=source, by=by, now=now)


@transaction.atomic
def block_digests(
    *,
    digests: Sequence[IdentifierDigest],
    reason: str,
    source: str,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Block identifiers by their values' digests, also such as nobody was seen with yet.

    Raises:
        CaseReasonMissing, BlockEndsBefore: as `block_identifiers`.
    """
    ids = know_identifiers(identifiers=digests)
    return block_identifiers(
        identifier_ids=[ids[each.kind, each.digest] for each in digests],
        reason=reason,
        source=source,
        by=by,
        now=now,
        expires_at=expires_at,
    )


@transaction.atomic
def import_blocks(*, blocks: Sequence[NewBlock], source: str, by: str, now: datetime) -> int:
    """Put a file's identifiers on the block list, all of them or none.

    One that stands there already stays as it is; of several about one identifier the last
    counts. A fixed number of statements.

    Args:
        blocks: at most 10,000.

    Raises:
        CaseReasonMissing, BlockEndsBefore: as `block_identifiers`.
    """
    ids = know_identifiers(identifiers=[block.identifier for block in blocks])
    leads_to = mailboxes_of(list(ids.values()))
    basis = {}
    for block in blocks:
        key = ids[block.identifier.kind, block.identifier.digest]
        basis[leads_to.get(key, key)] = (block.reason, block.expires_at)
    # Each row of the file has a reason of its own, which its block keeps.
    with acting(by=by):
        return _block(basis, source=source, by=by, now=now)


@transaction.atomic
def lift_blocks(*, block_ids: Sequence[int], reason: str, by: str, now: datetime) -> int:
    """Take identifiers off the block list; safe to repeat. How many were lifted.

    Args:
        reason: kept in the trail.

    Raises:
        CaseReasonMissing: nobody would know why.
        UnknownBlock: an id was never seen.
    """
    if not reason.strip():
        raise CaseReasonMissing
    wanted = set(block_ids)
    blocks = BlockedIdentifier.objects.filter(pk__in=wanted)
    if blocks.count() < len(wanted):
        raise UnknownBlock
    with acting(by=by, reason=reason):
        return blocks.filter(lifted_at__isnull=True).update(lifted_at=now, lifted_by=by)


def _block(
    basis: Mapping[int, tuple[str, datetime | None]], *, source: str, by: str, now: datetime
) -> int:
    for reason, expires_at in basis.values():
        if not reason.strip():
            raise CaseReasonMissing
        if expires_at is not None and expires_at <= now:
            raise BlockEndsBefore
    wanted = sorted(basis)
    _lift_expired(wanted, now)
    standing = BlockedIdentifier.objects.filter(identifier__in=wanted, lifted_at__isnull=True)
    known = set(standing.values_list("identifier_id", flat=True))
    fresh = [key for key in wanted if key not in known]
    BlockedIdentifier.objects.bulk_create(
        [
            BlockedIdentifier(
                identifier_id=key,
                reason=basis[key][0],
                source=source,
                blocked_at=now,
                blocked_by=by,
                expires_at=basis[key][1],
            )
            for key in fresh
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


def _lift_expired(identifier_ids: Sequence[int], now: datetime) -> None:
    """Make room for a new block of what was blocked until a moment that has passed."""
    BlockedIdentifier.objects.filter(
        identifier__in=identifier_ids, lifted_at__isnull=True, expires_at__lte=now
    ).update(lifted_at=now, lifted_by=CLOCK)
