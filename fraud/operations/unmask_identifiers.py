"""Show somebody more of identifiers than their kind, and remember who asked why."""

from datetime import datetime

from django.db import transaction

from accounts.queries.identifiers import identifiers_of
from fraud.models import Case
from fraud.operations.case_rows import lock_cases, step
from fraud.policy.cases import CaseReasonMissing


@transaction.atomic
def unmask_identifiers(*, case_id: int, by: str, reason: str, now: datetime) -> Case:
    """Keep that somebody sees the hints of what a case's parties were seen with.

    Of an identifier nothing but its digest and that hint is stored. A case that is decided is
    looked into like any other.

    Raises:
        UnknownCase: the id was never seen.
        CaseReasonMissing: nobody would know why.
    """
    [case] = lock_cases([case_id])
    if not reason.strip():
        raise CaseReasonMissing
    parties = [case.subscriber_id, *([case.other_id] if case.other_id else [])]
    seen = {each.identifier_id for key in parties for each in identifiers_of(subscriber_id=key)}
    more: dict[str, object] = {"identifiers": sorted(seen)}
    step(case, "unmask", {}, by=by, reason=reason, now=now, more=more)
    return case
