"""Show somebody personal data or hints of identifiers, and remember who asked why."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import PersonalAccess
from accounts.policy.erasure import ReasonForPersonalMissing
from accounts.queries.identifiers import identifiers_of
from accounts.queries.vault import opened, vault_keys

# What a look at hints is recorded as; the keys of the identifiers follow.
HINTS = "hints"


@transaction.atomic
def read_personal_data(
    *, subscriber_id: int, by: str, reason: str, now: datetime, only: Sequence[str] = ()
) -> dict[str, str]:
    """What the vault holds of a subscriber: names of fields and their values.

    The look is kept, also where there was nothing to see; one for single fields that nothing is
    known of is none.

    Args:
        only: the fields that are wanted; all without any.

    Raises:
        ReasonForPersonalMissing: nobody would know why.
        VaultKeyMissing: the row lies under a key that is not configured.
    """
    found = opened(subscriber_ids=[subscriber_id], keys=vault_keys()).get(subscriber_id)
    personal = found.personal if found is not None else {}
    shown = {name: value for name, value in personal.items() if not only or name in only}
    if shown or not only:
        record_access(
            subscriber_id=subscriber_id, what=sorted(shown), by=by, reason=reason, now=now
        )
    return shown


@transaction.atomic
def unmask_hints(*, subscriber_id: int, by: str, reason: str, now: datetime) -> PersonalAccess:
    """Keep that somebody sees the hints of what a subscriber was seen with.

    Raises:
        ReasonForPersonalMissing: nobody would know why.
    """
    seen = sorted(each.identifier_id for each in identifiers_of(subscriber_id=subscriber_id))
    return record_access(
        subscriber_id=subscriber_id, what=[HINTS, *seen], by=by, reason=reason, now=now
    )


def record_access(
    *,
    subscriber_id: int | None,
    what: Sequence[str | int],
    by: str,
    reason: str,
    now: datetime,
) -> PersonalAccess:
    """Keep who saw what, about whom (None: about many), when and why.

    Args:
        what: names of what was seen, never a value.

    Raises:
        ReasonForPersonalMissing: nobody would know why.
    """
    if not reason.strip():
        raise ReasonForPersonalMissing
    return PersonalAccess.objects.create(
        subscriber_id=subscriber_id,
        what=list(what),
        reason=reason.strip()[:500],
        seen_at=now,
        seen_by=by,
    )
