"""What a block was for is forgotten some time after the block has ended."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.operations.forget_identifiers import forget_identifiers, hold_unused_identifiers
from fraud.operations.erase_subscriber import forget_blocks
from fraud.queries.blocks import blocked_among, identifiers_of_ended_blocks

# A block that was lifted by mistake can be put back meanwhile.
KEPT = timedelta(days=30)
IDENTIFIERS_PER_PAGE = 1000


def forget_blocked_identifiers(*, now: datetime) -> int:
    """Forget identifiers that only a block had kept, a month after its end.

    Whom they belonged to was erased, or never reported. Their blocks go with them; that there
    were such blocks, and who set them, stays in the audit trail, which holds no digest. A commit
    per page; safe to repeat and to kill.

    Returns:
        How many identifiers are gone.
    """
    forgotten, after = 0, 0
    while page := identifiers_of_ended_blocks(
        ended_before=now - KEPT, after=after, limit=IDENTIFIERS_PER_PAGE
    ):
        forgotten += _forget(page, now)
        after = page[-1]
    return forgotten


@transaction.atomic
def _forget(page: list[int], now: datetime) -> int:
    unused = hold_unused_identifiers(identifier_ids=page)
    # One that was blocked anew since the page was read stays.
    unneeded = set(unused) - blocked_among(unused, now)
    forget_blocks(identifier_ids=unneeded)
    return forget_identifiers(identifier_ids=unneeded)
