"""Which subjects belong together by what they were seen with, so that none teaches of another."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection

from fraud.policy.groups import Merged
from fraud.queries.uses import limit_of
from fraud.queries.verdicts import Assessed
from loyalty.models import Payout

# Whatever a subscriber was ever seen with: also after one of them gave it up, whoever had it may
# have been judged by it. What links nobody joins nobody here either, or all would be one group.
_SEEN_WITH = f"""
    SELECT u.subscriber_id, u.identifier_id
    FROM accounts_identifieruse u
    JOIN accounts_identifier i ON i.id = u.identifier_id AND NOT i.is_meaningless
    WHERE u.subscriber_id = ANY(%(accounts)s) AND (
        SELECT count(*) FROM (
            SELECT 1 FROM accounts_identifieruse o
            WHERE o.identifier_id = u.identifier_id LIMIT {limit_of("i.kind")} + 2
        ) AS counted
    ) <= {limit_of("i.kind")} + 1
"""  # noqa: S608 (our own words)


def groups_of(found: Sequence[Assessed], *, limits: Mapping[str, int]) -> list[int]:
    """A number for each subject: those who share an identifier, even through others, have one.

    A bonus of a referral belongs to its invitee too. Identifiers of all times count.

    Args:
        limits: by kind, of how many others an identifier links nobody any more.
    """
    invitees = _invitees(each.subject_id for each in found if each.subject_type == "payout")
    merged: Merged[Hashable] = Merged()
    accounts: set[int] = set()
    for each in found:
        accounts.add(each.subscriber_id)
        invitee = invitees.get(each.subject_id)
        if invitee is not None:
            accounts.add(invitee)
            merged.merge(("account", each.subscriber_id), ("account", invitee))
    for account, identifier in _seen_with(accounts, limits):
        merged.merge(("account", account), ("identifier", identifier))
    numbers: dict[Hashable, int] = {}
    return [
        numbers.setdefault(merged(("account", each.subscriber_id)), len(numbers)) for each in found
    ]


def _invitees(payout_ids: Iterable[str]) -> dict[str, int]:
    payouts = Payout.objects.filter(
        pk__in=[UUID(each) for each in payout_ids], depends_on_id__isnull=False
    )
    return {str(key): invitee for key, invitee in payouts.values_list("id", "depends_on_id")}


def _seen_with(accounts: set[int], limits: Mapping[str, int]) -> list[tuple[int, int]]:
    above = {f"above_{kind}": at_most for kind, at_most in limits.items()}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_WITH, {"accounts": sorted(accounts), **above})
        return list(cursor.fetchall())
