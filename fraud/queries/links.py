"""The accounts that are linked to the subjects, two steps far."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fraud.policy.facts import Group
from fraud.policy.groups import LINKING_KINDS, Invitation, Link, group_of
from fraud.queries.asked import Asked
from loyalty.queries.prepared import fetch_prepared

# An identifier of more accounts links nobody: it is a shop's, or a carrier's.
_PER_IDENTIFIER = 20
_NEIGHBOURS = 20

_LINKED = """
    SELECT DISTINCT v.place, v.account_id, o.subscriber_id, i.kind
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS v (place, account_id, at)
    JOIN accounts_identifieruse u ON u.subscriber_id = v.account_id AND u.first_seen_at <= v.at
    JOIN accounts_identifier i ON i.id = u.identifier_id AND i.kind = ANY(%s)
    CROSS JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = u.identifier_id AND o.subscriber_id <> v.account_id
            AND o.first_seen_at <= v.at
        ORDER BY o.subscriber_id LIMIT %s
    ) o
"""

_INVITATIONS = """
    SELECT v.place, r.inviter_id, r.invitee_id
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS v (place, account_id, at)
    CROSS JOIN LATERAL (
        (SELECT r.inviter_id, r.invitee_id FROM referrals_referral r
         WHERE r.inviter_id = v.account_id AND r.status <> 'refused' AND r.joined_at <= v.at
         ORDER BY r.id DESC LIMIT %s)
        UNION
        SELECT r.inviter_id, r.invitee_id FROM referrals_referral r
        WHERE r.invitee_id = v.account_id AND r.status <> 'refused' AND r.joined_at <= v.at
    ) r
"""

Node = tuple[int, int, datetime]


def groups_of(asked: Sequence[Asked]) -> list[Group]:
    """The group around each focus, two steps far, in four statements."""
    found = _Found(len(asked))
    first = [(place, each.focus_id, each.at) for place, each in enumerate(asked)]
    reached = found.follow(first)
    known = {(place, account) for place, account, _ in first}
    beyond = sorted({(p, account, asked[p].at) for p, account in reached - known})
    counted: dict[int, int] = {}
    second = []
    for place, account, at in beyond:
        counted[place] = counted.get(place, 0) + 1
        if counted[place] <= _NEIGHBOURS:
            second.append((place, account, at))
    if second:
        found.follow(second)
    return [
        group_of(each.focus_id, found.links[place], found.invitations[place])
        for place, each in enumerate(asked)
    ]


class _Found:
    """Links and invitations by place."""

    def __init__(self, places: int) -> None:
        self.links: list[list[Link]] = [[] for _ in range(places)]
        self.invitations: list[list[Invitation]] = [[] for _ in range(places)]

    def follow(self, nodes: Sequence[Node]) -> set[tuple[int, int]]:
        """Go one step from these accounts; the (place, account) that were reached."""
        columns = [list(column) for column in zip(*nodes, strict=True)]
        linked = fetch_prepared(_LINKED, *columns, list(LINKING_KINDS), _PER_IDENTIFIER)
        for place, *link in linked:
            self.links[place].append(Link(*link))
        invited = fetch_prepared(_INVITATIONS, *columns, _NEIGHBOURS)
        for place, *invitation in invited:
            self.invitations[place].append(Invitation(*invitation))
        return _ends(linked) | _ends(invited)


def _ends(rows: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    return {(row[0], account) for row in rows for account in row[1:3]}
