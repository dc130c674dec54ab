"""The accounts that are linked to the subjects, two steps far."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fraud.policy.facts import Group
from fraud.policy.groups import LINKING_KINDS, Invitation, Link, group_of
from fraud.queries.asked import Asked
from fraud.queries.identifiers import Seen
from fraud.queries.uses import limit_of, meet
from loyalty.queries.prepared import fetch_prepared, fetch_prepared_by_name

# Of one identifier no more accounts are followed.
_PER_IDENTIFIER = 20
_NEIGHBOURS = 20

# Whose use met the account's. An identifier of more accounts than its limit links nobody.
_SHARED_BY = f"""
    CROSS JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = u.identifier_id AND o.subscriber_id <> v.account_id
            AND o.first_seen_at <= v.at AND {meet("u", "o")}
        ORDER BY o.subscriber_id LIMIT %(per_identifier)s
    ) o
"""  # noqa: S608 (our own words)

# From identifiers that are known to be shared.
_LINKED_BY = f"""
    SELECT DISTINCT v.place, v.account_id, o.subscriber_id, v.kind
    FROM unnest(
        %(places)s::int[], %(accounts)s::bigint[], %(moments)s::timestamptz[], %(kinds)s::text[],
        %(identifiers)s::bigint[], %(since)s::timestamptz[], %(until)s::timestamptz[]
    ) AS v (place, account_id, at, kind, identifier_id, first_seen_at, ended_at)
    CROSS JOIN LATERAL (SELECT v.identifier_id, v.first_seen_at, v.ended_at) u
    {_SHARED_BY}
"""  # noqa: S608 (our own words)

# The fence (OFFSET 0) leaves out the kinds that link nobody before anybody is looked up: behind
# the address of a carrier stands everybody.
_LINKED = f"""
    SELECT DISTINCT v.place, v.account_id, o.subscriber_id, u.kind
    FROM unnest(%(places)s::int[], %(accounts)s::bigint[], %(moments)s::timestamptz[])
        AS v (place, account_id, at)
    CROSS JOIN LATERAL (
        SELECT u.identifier_id, u.first_seen_at, u.ended_at, i.kind
        FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
        WHERE u.subscriber_id = v.account_id AND u.first_seen_at <= v.at
            AND i.kind = ANY(%(kinds)s::text[]) AND NOT i.is_meaningless
            AND (
                SELECT count(*) FROM (
                    SELECT 1 FROM accounts_identifieruse o
                    WHERE o.identifier_id = u.identifier_id AND o.first_seen_at <= v.at
                    LIMIT {limit_of("i.kind")} + 2
                ) counted
            ) <= {limit_of("i.kind")} + 1
        OFFSET 0
    ) u
    {_SHARED_BY}
"""  # noqa: S608 (our own words)

# An invitation that was refused later counts until then; by its invitee it can't be looked up.
_INVITATIONS = """
    SELECT v.place, r.inviter_id, r.invitee_id
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS v (place, account_id, at)
    CROSS JOIN LATERAL (
        (SELECT r.inviter_id, r.invitee_id FROM referrals_referral r
         WHERE r.inviter_id = v.account_id AND r.joined_at <= v.at
            AND (r.status <> 'refused' OR r.decided_at > v.at)
         ORDER BY r.id DESC LIMIT %s)
        UNION
        SELECT r.inviter_id, r.invitee_id FROM referrals_referral r
        WHERE r.invitee_id = v.account_id AND r.status <> 'refused' AND r.joined_at <= v.at
    ) r
"""


class Node(NamedTuple):
    """An account of the group around the subject at a place, as of its moment."""

    place: int
    account: int
    at: datetime


def groups_of(
    asked: Sequence[Asked], seen: Sequence[Seen], limits: Mapping[str, int]
) -> list[Group]:
    """The group around each focus, two steps far, in four statements at most."""
    found = _Found(len(asked), limits)
    reached = found.follow_shared(asked, seen)
    first = [Node(place, each.focus_id, each.at) for place, each in enumerate(asked)]
    reached |= found.follow_invitations(first)
    known = {(place, account) for place, account, _ in first}
    beyond = sorted((p, account, asked[p].at) for p, account in reached - known)
    counted: dict[int, int] = {}
    second = []
    for place, account, at in beyond:
        counted[place] = counted.get(place, 0) + 1
        if counted[place] <= _NEIGHBOURS:
            second.append(Node(place, account, at))
    if second:
        found.follow_identifiers(second)
        found.follow_invitations(second)
    return [
        group_of(each.focus_id, found.links[place], found.invitations[place])
        for place, each in enumerate(asked)
    ]


class _Found:
    """Links and invitations by place; each step says whom it reached, by place."""

    def __init__(self, places: int, limits: Mapping[str, int]) -> None:
        self.limits = {f"above_{kind}": limit for kind, limit in limits.items()}
        self.links: list[list[Link]] = [[] for _ in range(places)]
        self.invitations: list[list[Invitation]] = [[] for _ in range(places)]

    def follow_shared(self, asked: Sequence[Asked], seen: Sequence[Seen]) -> set[tuple[int, int]]:
        """From what the focuses share with others."""
        shared = [
            (place, asked[place].focus_id, asked[place].at, kind, *use)
            for place, each in enumerate(seen)
            for kind, uses in each.shared.items()
            if kind in LINKING_KINDS
            for use in uses
        ]
        if not shared:
            return set()
        names = ("places", "accounts", "moments", "kinds", "identifiers", "since", "until")
        columns = dict(zip(names, _columns(shared), strict=True))
        said = {**columns, "per_identifier": _PER_IDENTIFIER}
        return self._keep_links(fetch_prepared_by_name(_LINKED_BY, said))

    def follow_identifiers(self, nodes: Sequence[Node]) -> set[tuple[int, int]]:
        """From everything that these accounts were seen with."""
        once = _Once(nodes)
        places, accounts, moments = once.columns
        said = {
            "places": places,
            "accounts": accounts,
            "moments": moments,
            "kinds": list(LINKING_KINDS),
            "per_identifier": _PER_IDENTIFIER,
            **self.limits,
        }
        return self._keep_links(once.by_place(fetch_prepared_by_name(_LINKED, said)))

    def follow_invitations(self, nodes: Sequence[Node]) -> set[tuple[int, int]]:
        """To whom these accounts invited, and who invited them."""
        once = _Once(nodes)
        rows = list(once.by_place(fetch_prepared(_INVITATIONS, *once.columns, _NEIGHBOURS)))
        for place, *invitation in rows:
            self.invitations[place].append(Invitation(*invitation))
        return _ends(rows)

    def _keep_links(self, rows: Iterable[Sequence[Any]]) -> set[tuple[int, int]]:
        kept = list(rows)
        for place, *link in kept:
            self.links[place].append(Link(*link))
        return _ends(kept)


class _Once:
    """Accounts that are asked about once, in however many groups they are.

    Of a page of bonuses many have one inviter, and so the same accounts around them.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._places: dict[tuple[int, datetime], list[int]] = {}
        for node in nodes:
            self._places.setdefault((node.account, node.at), []).append(node.place)

    @property
    def columns(self) -> list[list[Any]]:
        """Numbers, accounts and moments, each as a list."""
        asked = self._places
        return [
            list(range(len(asked))),
            [account for account, _ in asked],
            [at for _, at in asked],
        ]

    def by_place(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """Rows that begin with a number, once for each place that asked."""
        places = list(self._places.values())
        for number, *values in rows:
            for place in places[number]:
                yield place, *values


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _ends(rows: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    return {(row[0], account) for row in rows for account in row[1:3]}
