"""Count identifiers of more accounts than the limit of their kind."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from fraud.queries.rule_sets import rule_sets_in_use

# One walk through an index, whatever the number of accounts; of kinds the lowest limit comes
# first, so that few identifiers are looked up.
_COUNT = """
    INSERT INTO fraud_crowdedidentifier AS c (identifier_id, accounts, since_at, counted_at)
    SELECT i.id, u.accounts, %(now)s, %(now)s
    FROM (
        SELECT identifier_id, count(*) AS accounts FROM accounts_identifieruse
        GROUP BY identifier_id HAVING count(*) > %(least)s + 1
    ) u
    JOIN accounts_identifier i ON i.id = u.identifier_id AND NOT i.is_meaningless
    JOIN unnest(%(kinds)s::text[], %(limits)s::int[]) AS l (kind, at_most)
        ON l.kind = i.kind AND u.accounts > l.at_most + 1
    ORDER BY i.id
    ON CONFLICT (identifier_id) DO UPDATE SET
        accounts = excluded.accounts, counted_at = excluded.counted_at
"""
_GONE = "DELETE FROM fraud_crowdedidentifier WHERE counted_at < %s"


@transaction.atomic
def count_crowds(*, now: datetime) -> int:
    """List identifiers that link nobody because too many accounts have them; how many.

    Safe to repeat: one that was listed keeps since when. One that has fewer accounts than its
    limit, or was declared meaningless, leaves the list.
    """
    limits = rule_sets_in_use(now=now)[0].rules.limits
    said: dict[str, Any] = {
        "now": now,
        "least": min(limits.values()),
        "kinds": list(limits),
        "limits": list(limits.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, said)
        counted = int(cursor.rowcount)
        cursor.execute(_GONE, [now])
    return counted
