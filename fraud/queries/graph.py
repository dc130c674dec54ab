"""The accounts that are linked around somebody, the nearest first, for people to look at.

What screenings count of a group is `fraud.queries.links`: that is as of a moment, and causal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from fraud.queries.uses import limit_of, meet

ACCOUNTS_MAX = 200
STEPS_MAX = 4
# Counting stops there: a device of a thousand lines is shared, whatever the number.
COUNTED_MAX = 1000
# Two parties, who are not counted, and one more than is.
_FIRST_IDENTIFIERS, _FIRST_USERS = 50, COUNTED_MAX + 3
_LATER_IDENTIFIERS, _LATER_USERS = 20, 50
_INVITED_MAX = COUNTED_MAX

# Whoever shares most with the accounts of the step before comes first. An identifier of more
# accounts than its limit leads nowhere: a hundred thousand stand behind a carrier's address.
_STEP = f"""
    WITH via AS MATERIALIZED (
        SELECT DISTINCT u.identifier_id, u.first_seen_at, u.ended_at, i.kind
        FROM unnest(%(accounts)s::bigint[]) AS v (account_id)
        CROSS JOIN LATERAL (
            SELECT u.identifier_id, u.first_seen_at, u.ended_at FROM accounts_identifieruse u
            WHERE u.subscriber_id = v.account_id
            ORDER BY u.last_seen_at DESC, u.identifier_id LIMIT %(identifiers)s
        ) u
        JOIN accounts_identifier i ON i.id = u.identifier_id AND NOT i.is_meaningless
    ), ways AS MATERIALIZED (
        SELECT w.identifier_id FROM (SELECT DISTINCT identifier_id, kind FROM via) w
        WHERE (
            SELECT count(*) FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = w.identifier_id LIMIT {limit_of("w.kind")} + 2
            ) AS counted
        ) <= {limit_of("w.kind")} + 1
    ), reached AS (
        SELECT o.subscriber_id AS account_id, o.first_seen_at AS at
        FROM ways CROSS JOIN LATERAL (
            SELECT o.subscriber_id, o.first_seen_at, o.ended_at FROM accounts_identifieruse o
            WHERE o.identifier_id = ways.identifier_id
            ORDER BY o.first_seen_at DESC LIMIT %(users)s
        ) o
        WHERE EXISTS (
            SELECT 1 FROM via WHERE via.identifier_id = ways.identifier_id AND {meet("via", "o")}
        )
        UNION ALL
        SELECT r.invitee_id, r.joined_at
        FROM unnest(%(accounts)s::bigint[]) AS v (account_id)
        CROSS JOIN LATERAL (
            SELECT r.invitee_id, r.joined_at FROM referrals_referral r
            WHERE r.inviter_id = v.account_id AND r.status <> 'refused'
            ORDER BY r.month DESC LIMIT %(invited)s
        ) r
        UNION ALL
        SELECT r.inviter_id, r.joined_at
        FROM unnest(%(accounts)s::bigint[]) AS v (account_id)
        JOIN referrals_referral r ON r.invitee_id = v.account_id AND r.status <> 'refused'
    )
    SELECT account_id FROM reached
    WHERE account_id <> ALL(%(known)s::bigint[])
    GROUP BY account_id ORDER BY count(*) DESC, max(at) DESC, account_id LIMIT %(limit)s
"""  # noqa: S608 (our own words)

_ACCOUNTS = """
    SELECT s.id, s.external_id, s.status, s.activated_at, coalesce(t.standing, 'normal'),
        (SELECT count(*) FROM fraud_case c WHERE c.subscriber_id = s.id AND c.status <> 'closed'),
        (SELECT count(*) FROM fraud_case c
         WHERE c.subscriber_id = s.id AND c.verdict = 'confirmed_fraud'),
        (SELECT coalesce(sum(p.value_minor), 0)::bigint FROM loyalty_payout p
         WHERE p.subscriber_id = s.id
            AND p.status IN ('requested', 'in_review', 'cleared', 'frozen'))
    FROM accounts_subscriber s LEFT JOIN fraud_subscriberstanding t ON t.subscriber_id = s.id
    WHERE s.id = ANY(%s)
"""

# Among the accounts that are shown, of whom two had it at one time; how many others there are is
# counted up to a limit. What links nobody is shown here, too: the accounts are linked otherwise.
# A mailbox stands for the e-mail addresses that lead to it.
_SHARED = f"""
    WITH uses AS MATERIALIZED (
        SELECT u.*
        FROM unnest(%(accounts)s::bigint[]) AS v (account_id)
        CROSS JOIN LATERAL (
            SELECT u.identifier_id, u.subscriber_id, u.first_seen_at, u.ended_at
            FROM accounts_identifieruse u
            WHERE u.subscriber_id = v.account_id
            ORDER BY u.last_seen_at DESC, u.identifier_id LIMIT %(identifiers)s
        ) u
    ), shared AS MATERIALIZED (
        SELECT u.identifier_id, array_agg(u.subscriber_id ORDER BY u.subscriber_id) AS accounts
        FROM uses u
        WHERE EXISTS (
            SELECT 1 FROM uses o
            WHERE o.identifier_id = u.identifier_id AND o.subscriber_id <> u.subscriber_id
                AND {meet("u", "o")}
        )
        GROUP BY u.identifier_id
    )
    SELECT i.id, CASE i.kind WHEN 'mailbox' THEN 'email' ELSE i.kind END, i.hint,
        shared.accounts, counted.users,
        EXISTS (
            SELECT 1 FROM fraud_blockedidentifier b
            WHERE b.identifier_id = i.id AND b.lifted_at IS NULL
                AND (b.expires_at IS NULL OR b.expires_at > %(now)s)
        )
    FROM shared JOIN accounts_identifier i ON i.id = shared.identifier_id AND NOT i.is_meaningless
    CROSS JOIN LATERAL (
        SELECT count(*) AS users FROM (
            SELECT 1 FROM accounts_identifieruse o
            WHERE o.identifier_id = i.id LIMIT %(counted)s
        ) AS counted
    ) counted
    WHERE NOT EXISTS (SELECT 1 FROM shared AS box WHERE box.identifier_id = i.mailbox_id)
    ORDER BY cardinality(shared.accounts) DESC, i.kind, i.id
"""  # noqa: S608 (our own words)

_INVITATIONS = """
    SELECT r.inviter_id, r.invitee_id, r.status, r.joined_at FROM referrals_referral r
    WHERE r.inviter_id = ANY(%s) AND r.invitee_id = ANY(%s)
    ORDER BY r.id
"""


class Account(NamedTuple):
    """A linked account.

    Attributes:
        distance: steps from whoever the case is about; 0 is themselves.
        open_cases, frauds: cases of theirs that wait, and verdicts of fraud.
        open_minor: benefits that may still be paid to them.
    """

    id: int
    name: str
    status: str
    activated_at: datetime
    standing: str
    open_cases: int
    frauds: int
    open_minor: int
    distance: int


class Shared(NamedTuple):
    """An identifier that several of the accounts were seen with; all that were are counted."""

    id: int
    kind: str
    hint: str
    accounts: tuple[int, ...]
    all_accounts: int
    is_blocked: bool


class Invited(NamedTuple):
    """An invitation from one of the accounts to another."""

    inviter: int
    invitee: int
    status: str
    joined_at: datetime


class Linked(NamedTuple):
    """The accounts around somebody, the nearest first.

    Attributes:
        found: how many others were come across; some of them are not among `accounts`.
        is_more: there are more accounts than were found.
    """

    accounts: list[Account]
    shared: list[Shared]
    invitations: list[Invited]
    found: int
    is_more: bool

    @property
    def is_cut(self) -> bool:
        """Whether some linked accounts are left out."""
        return self.is_more or self.found > self.others

    @property
    def others(self) -> int:
        """How many accounts are shown besides those that they are linked around."""
        return sum(account.distance > 0 for account in self.accounts)


def linked_accounts(
    *, around: Sequence[int], limits: Mapping[str, int], now: datetime, limit: int = ACCOUNTS_MAX
) -> Linked:
    """The accounts nearest to some, breadth first, in at most seven statements.

    Each step's fan-out is bounded, so that a shop's device or a viral inviter costs no more
    than a family.

    Args:
        around: ids of subscribers.
        limits: by kind, of how many others an identifier links nobody any more.
        limit: how many others are shown.
    """
    above = {f"above_{kind}": at_most for kind, at_most in limits.items()}
    distances = dict.fromkeys(around, 0)
    frontier = list(distances)
    limit += len(distances)
    found, is_more = 0, False
    for distance in range(1, STEPS_MAX + 1):
        reached = _step(frontier, list(distances), above, is_first=distance == 1)
        is_more |= len(reached) > COUNTED_MAX
        found += min(len(reached), COUNTED_MAX)
        frontier = reached[: limit - len(distances)]
        distances |= dict.fromkeys(frontier, distance)
        if not frontier or len(distances) >= limit:
            break
    else:
        # Whatever lies beyond the last step was not looked for.
        is_more |= bool(frontier)
    return _shown(distances, found, is_more, now)


def _step(
    frontier: Sequence[int], known: Sequence[int], above: Mapping[str, int], *, is_first: bool
) -> list[int]:
    said: dict[str, Any] = {
        "accounts": frontier,
        "known": known,
        **above,
        "identifiers": _FIRST_IDENTIFIERS if is_first else _LATER_IDENTIFIERS,
        "users": _FIRST_USERS if is_first else _LATER_USERS,
        "invited": _INVITED_MAX if is_first else _LATER_USERS,
        "limit": COUNTED_MAX + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STEP, said)
        return [row[0] for row in cursor.fetchall()]


def _shown(distances: dict[int, int], found: int, is_more: bool, now: datetime) -> Linked:
    ids = list(distances)
    said: dict[str, Any] = {
        "accounts": ids,
        "identifiers": _FIRST_IDENTIFIERS,
        "counted": COUNTED_MAX,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [ids])
        accounts = _by_distance(cursor.fetchall(), distances)
        cursor.execute(_SHARED, said)
        shared = [
            Shared(key, kind, hint, tuple(users), others, is_blocked)
            for key, kind, hint, users, others, is_blocked in cursor.fetchall()
        ]
        cursor.execute(_INVITATIONS, [ids, ids])
        invitations = [Invited(*row) for row in cursor.fetchall()]
    return Linked(accounts, shared, invitations, found, is_more)


def _by_distance(rows: Iterable[Sequence[Any]], distances: dict[int, int]) -> list[Account]:
    known = {row[0]: tuple(row) for row in rows}
    # The order in which they were come across is that of how much they share.
    return [
        Account._make((*known[key], distance))
        for key, distance in distances.items()
        if key in known
    ]
