"""Which subjects belong together by what they were seen with, so that none teaches of another."""

from collections.abc import Hashable, Iterable, Sequence
from uuid import UUID

from django.db import connection

from fraud.policy.groups import Merged
from fraud.queries.verdicts import Assessed
from loyalty.models import Payout

# Whatever a subscriber was ever seen with; behind a carrier's address stands everybody.
_SEEN_WITH = """
    SELECT u.subscriber_id, u.identifier_id
    FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
    WHERE u.subscriber_id = ANY(%s) AND (i.kind <> 'ip' OR (
        SELECT count(*) FROM (
            SELECT 1 FROM accounts_identifieruse o WHERE o.identifier_id = u.identifier_id LIMIT %s
        ) others
    ) < %s)
"""


def groups_of(found: Sequence[Assessed], *, carrier_ip_above: int) -> list[int]:
    """A number for each subject: those who share an identifier, even through others, have one.

    A bonus of a referral belongs to its invitee too. Identifiers of all times count.
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
    for account, identifier in _seen_with(accounts, carrier_ip_above):
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


def _seen_with(accounts: set[int], carrier_ip_above: int) -> list[tuple[int, int]]:
    others_max = carrier_ip_above + 1
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_WITH, [sorted(accounts), others_max + 1, others_max + 1])
        return list(cursor.fetchall())
