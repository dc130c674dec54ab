"""What the subjects were seen with, and who else was.

Everything is counted up to a limit: behind the address of a carrier stand a hundred thousand
subscribers, who say nothing about each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from accounts.policy.identifiers import KEPT_KINDS
from fraud.policy.facts import Match, Place
from fraud.queries.asked import Asked
from fraud.queries.parties import Party
from fraud.queries.uses import limit_of, meet
from loyalty.queries.prepared import fetch_prepared, fetch_prepared_by_name

IDENTIFIERS_MAX = 50
# Of an inviter, the newest ones.
INVITEES_MAX = 200
# What names a person, and says more than a device that two of them use.
TRAITS = tuple(kind for kind in KEPT_KINDS if kind not in ("device", "ip", "address"))

# Who else was seen with an identifier is asked once, however many of the subjects were: half of
# them may be behind one address. Others count whose use met the subject's; where no use has
# ended all of them did, and nothing further is asked. Others behind an identifier of more
# accounts than its limit are counted up to the limit. The fences (OFFSET 0) keep each lookup at
# one identifier and one subscriber: from an address alone the database would walk through
# everybody behind it. One that means nothing is above every limit: only a block on it counts.
_SEEN = f"""
    WITH mine AS MATERIALIZED (
        SELECT v.*, u.*, i.kind, i.country, i.region,
            CASE WHEN i.is_meaningless THEN -1 ELSE {limit_of("i.kind")} END AS at_most
        FROM unnest(
            %(places)s::int[], %(focuses)s::bigint[], %(inviters)s::bigint[],
            %(moments)s::timestamptz[]
        ) AS v (place, focus_id, inviter_id, at)
        CROSS JOIN LATERAL (
            SELECT u.identifier_id, u.first_seen_at, u.last_seen_at, u.ended_at
            FROM accounts_identifieruse u
            WHERE u.subscriber_id = v.focus_id AND u.first_seen_at <= v.at
            ORDER BY u.last_seen_at DESC, u.identifier_id LIMIT %(identifiers_max)s
        ) u
        CROSS JOIN LATERAL (
            SELECT * FROM accounts_identifier i WHERE i.id = u.identifier_id OFFSET 0
        ) i
    ), known AS MATERIALIZED (
        SELECT m.identifier_id, m.at, counted.users, counted.ended,
            counted.users > m.at_most + 1 AS is_above,
            (
                SELECT min(b.blocked_at) FROM fraud_blockedidentifier b
                WHERE b.identifier_id = m.identifier_id AND b.blocked_at <= m.at
                    AND (b.expires_at IS NULL OR b.expires_at > m.at)
                    AND (b.lifted_at IS NULL OR b.lifted_at > m.at)
            ) AS blocked_at
        FROM (SELECT DISTINCT identifier_id, at, at_most FROM mine) m
        CROSS JOIN LATERAL (
            SELECT count(*) AS users, count(o.ended_at) AS ended FROM (
                SELECT o.ended_at FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.first_seen_at <= m.at
                LIMIT m.at_most + 2
            ) o
        ) counted
    )
    SELECT m.place, m.identifier_id, m.kind, m.country, m.region, m.last_seen_at,
        m.first_seen_at, m.ended_at, k.is_above,
        k.blocked_at IS NOT NULL AND (m.ended_at IS NULL OR m.ended_at > k.blocked_at),
        counted.others,
        CASE WHEN m.kind IN ('ip', 'address') OR k.is_above OR counted.others = 0 THEN NULL
            ELSE greatest(m.first_seen_at, (
                SELECT min(o.first_seen_at) FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.subscriber_id <> m.focus_id
                    AND o.first_seen_at <= m.at AND {meet("m", "o")}
            ))
        END,
        CASE WHEN k.is_above OR counted.others = 0 THEN 0 ELSE (
            SELECT count(*) FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.subscriber_id <> m.focus_id
                    AND o.first_seen_at <= m.at AND o.first_seen_at > m.at - interval '1 day'
                    AND {meet("m", "o")}
                LIMIT m.at_most
            ) AS lately
        ) END,
        CASE WHEN k.is_above OR m.inviter_id IS NULL OR counted.others = 0 THEN false ELSE (
            SELECT coalesce(bool_or(o.first_seen_at <= m.at AND {meet("m", "o")}), false)
            FROM accounts_identifieruse o
            WHERE o.identifier_id = m.identifier_id AND o.subscriber_id = m.inviter_id
        ) END,
        CASE WHEN k.is_above OR m.inviter_id IS NULL OR counted.others = 0 THEN false ELSE (
            SELECT coalesce(bool_or((
                SELECT o.first_seen_at <= m.at AND {meet("m", "o")} FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.subscriber_id = x.invitee_id
            )), false)
            FROM (
                SELECT x.invitee_id FROM referrals_referral x
                WHERE x.inviter_id = m.inviter_id AND x.invitee_id <> m.focus_id
                    AND x.joined_at <= m.at
                    AND (x.status <> 'refused' OR x.decided_at > m.at)
                ORDER BY x.id DESC LIMIT %(invitees_max)s
            ) x
        ) END
    FROM mine m
    JOIN known k USING (identifier_id, at)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN k.is_above OR k.ended = 0 THEN k.users - 1 ELSE (
            SELECT count(*) FROM accounts_identifieruse o
            WHERE o.identifier_id = m.identifier_id AND o.subscriber_id <> m.focus_id
                AND o.first_seen_at <= m.at AND {meet("m", "o")}
        ) END AS others
    ) counted
"""  # noqa: S608 (our own words)

# Who shares a device and something else besides, each while the subject had it.
_TOGETHER = f"""
    SELECT DISTINCT v.place, v.kind, v.device_id, v.second_id, d.subscriber_id
    FROM unnest(
        %s::int[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::timestamptz[],
        %s::timestamptz[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]
    ) AS v (place, focus_id, at, device_id, device_from, device_until, kind, second_id,
        second_from, second_until)
    CROSS JOIN LATERAL (SELECT v.device_from AS first_seen_at, v.device_until AS ended_at) m
    CROSS JOIN LATERAL (SELECT v.second_from AS first_seen_at, v.second_until AS ended_at) n
    CROSS JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = v.device_id AND o.subscriber_id <> v.focus_id
            AND o.first_seen_at <= v.at AND {meet("m", "o")}
            AND EXISTS (
                SELECT 1 FROM accounts_identifieruse a
                WHERE a.identifier_id = v.second_id AND a.subscriber_id = o.subscriber_id
                    AND a.first_seen_at <= v.at AND {meet("n", "a")}
            )
        LIMIT %s
    ) d
"""  # noqa: S608 (our own words)


class SharedUse(NamedTuple):
    """An identifier that a focus shares with others, and from when until when it has it."""

    identifier_id: int
    first_seen_at: datetime
    ended_at: datetime | None


class Together(NamedTuple):
    """Who else shares a device and something besides with a subject.

    Attributes:
        at_address: how many share an address too; None where either is unknown.
        traits: kinds of what names a person that somebody shares who does not share an address.
    """

    at_address: int | None
    traits: tuple[str, ...] = ()


@dataclass(slots=True)
class Seen:
    """What a subject's focus was seen with, and who else was.

    Attributes:
        matches: without repetition, in the order of kinds.
        others: by kind, the most others behind one identifier; a kind that was never seen, or
            of which every identifier has more accounts than its limit, is absent.
        lately: the most accounts that appeared with one identifier within a day.
        since: by kind, from when on somebody else had one of the identifiers too.
        ip: where the address that was seen last is.
        shared: what others were seen with too, by kind, up to the limits.
    """

    matches: set[Match] = field(default_factory=set)
    others: dict[str, int] = field(default_factory=dict)
    lately: int | None = None
    since: dict[str, datetime] = field(default_factory=dict)
    ip: Place | None = None
    ip_seen_at: datetime | None = None
    shared: dict[str, list[SharedUse]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)


def seen_with(
    asked: Sequence[Asked], parties: Sequence[Party], limits: Mapping[str, int]
) -> list[Seen]:
    """What each focus was seen with by the moment, in one statement.

    Args:
        limits: by kind, of how many others an identifier links nobody any more.
    """
    found = [Seen() for _ in asked]
    rows = fetch_prepared_by_name(
        _SEEN,
        {
            "places": list(range(len(asked))),
            "focuses": [each.focus_id for each in asked],
            "inviters": [party.inviter_id for party in parties],
            "moments": [each.at for each in asked],
            "identifiers_max": IDENTIFIERS_MAX,
            "invitees_max": INVITEES_MAX,
            **{f"above_{kind}": limit for kind, limit in limits.items()},
        },
    )
    for place, *values in rows:
        _take(found[place], *values)
    return found


def together_with(
    asked: Sequence[Asked], seen: Sequence[Seen], limits: Mapping[str, int]
) -> list[Together]:
    """Who shares a device with each focus, and an address or what names a person besides."""
    pairs = [
        (place, asked[place].focus_id, asked[place].at, *device, kind, *second)
        for place, each in enumerate(seen)
        for device in each.shared.get("device", ())
        for kind in ("address", *TRAITS)
        for second in each.shared.get(kind, ())
    ]
    met: dict[int, dict[str, dict[tuple[int, int], set[int]]]] = {}
    if pairs:
        columns = [list(column) for column in zip(*pairs, strict=True)]
        rows = fetch_prepared(_TOGETHER, *columns, limits["device"])
        for place, kind, device, second, other in rows:
            by_kind = met.setdefault(place, {}).setdefault(kind, {})
            by_kind.setdefault((device, second), set()).add(other)
    return [_together(each, met.get(place, {})) for place, each in enumerate(seen)]


def _together(seen: Seen, met: Mapping[str, Mapping[tuple[int, int], set[int]]]) -> Together:
    at_address = met.get("address", {}).values()
    number = max(map(len, at_address), default=0)
    household = set[int]().union(*at_address)
    traits = tuple(
        kind for kind in TRAITS if set[int]().union(*met.get(kind, {}).values()) - household
    )
    return Together(number if {"device", "address"} <= seen.kinds else None, traits)


def _take(
    seen: Seen,
    identifier_id: int,
    kind: str,
    country: str,
    region: str,
    last_seen_at: datetime,
    first_seen_at: datetime,
    ended_at: datetime | None,
    is_above: bool,
    is_blocked: bool,
    others: int,
    since: datetime | None,
    lately: int,
    with_inviter: bool,
    with_invitee: bool,
) -> None:
    seen.kinds.add(kind)
    whom = {
        "list": is_blocked,
        "inviter": with_inviter,
        "invitee": with_invitee,
        "subscriber": others > 0,
    }
    if not is_above:
        seen.matches |= {Match(kind, name) for name, is_match in whom.items() if is_match}
        seen.others[kind] = max(seen.others.get(kind, 0), others)
        seen.lately = max(seen.lately or 0, lately)
    elif is_blocked:
        seen.matches.add(Match(kind, "list"))
    if since is not None:
        seen.since[kind] = min(seen.since.get(kind, since), since)
    if others and not is_above:
        use = SharedUse(identifier_id, first_seen_at, ended_at)
        seen.shared.setdefault(kind, []).append(use)
    if kind == "ip" and country and (seen.ip_seen_at is None or last_seen_at > seen.ip_seen_at):
        seen.ip, seen.ip_seen_at = Place(country, region), last_seen_at
