"""What the subjects were seen with, and who else was.

Everything is counted up to a limit: behind the address of a carrier stand a hundred thousand
subscribers, who say nothing about each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fraud.policy.facts import Match, Place
from fraud.queries.asked import Asked
from fraud.queries.parties import Party
from loyalty.queries.prepared import fetch_prepared, fetch_prepared_by_name

IDENTIFIERS_MAX = 50
# Of an inviter, the newest ones.
INVITEES_MAX = 200

# Who else was seen with an identifier is asked once, however many of the subjects were: half of
# them may be behind one address. A phone number that somebody gave up before the subject had it
# is the operator's to give again, and only the subject's activation tells. Others behind a
# carrier's address are counted up to the limit and asked nothing further. The fences (OFFSET 0)
# keep each lookup at one identifier and one subscriber: from an address alone the database would
# walk through everybody behind it.
_SEEN = """
    WITH mine AS MATERIALIZED (
        SELECT v.*, u.*, i.kind, i.country, i.region
        FROM unnest(
            %(places)s::int[], %(focuses)s::bigint[], %(inviters)s::bigint[],
            %(activations)s::timestamptz[], %(moments)s::timestamptz[]
        ) AS v (place, focus_id, inviter_id, activated_at, at)
        CROSS JOIN LATERAL (
            SELECT u.identifier_id, u.first_seen_at, u.last_seen_at
            FROM accounts_identifieruse u
            WHERE u.subscriber_id = v.focus_id AND u.first_seen_at <= v.at
            ORDER BY u.last_seen_at DESC, u.identifier_id LIMIT %(identifiers_max)s
        ) u
        CROSS JOIN LATERAL (
            SELECT * FROM accounts_identifier i WHERE i.id = u.identifier_id OFFSET 0
        ) i
    ), known AS MATERIALIZED (
        SELECT m.identifier_id, m.at, counted.users,
            m.kind = 'ip' AND counted.users > %(counted)s AS is_carrier,
            EXISTS (
                SELECT 1 FROM fraud_blockedidentifier b
                WHERE b.identifier_id = m.identifier_id AND b.blocked_at <= m.at
                    AND (b.expires_at IS NULL OR b.expires_at > m.at)
                    AND (b.lifted_at IS NULL OR b.lifted_at > m.at)
            ) AS is_blocked
        FROM (SELECT DISTINCT identifier_id, at, kind FROM mine) m
        CROSS JOIN LATERAL (
            SELECT count(*) AS users FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.first_seen_at <= m.at
                LIMIT %(counted)s + 1
            ) o
        ) counted
    )
    SELECT m.place, m.identifier_id, m.kind, m.country, m.region, m.last_seen_at, k.is_blocked,
        counted.others,
        CASE WHEN k.is_carrier OR counted.others = 0 THEN 0 ELSE (
            SELECT count(*) FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.subscriber_id <> m.focus_id
                    AND o.first_seen_at <= m.at AND o.first_seen_at > m.at - interval '1 day'
                LIMIT %(counted)s
            ) AS lately
        ) END,
        CASE WHEN k.is_carrier OR m.inviter_id IS NULL OR counted.others = 0 THEN false ELSE (
            SELECT coalesce(bool_or(o.first_seen_at <= m.at), false)
            FROM accounts_identifieruse o
            WHERE o.identifier_id = m.identifier_id AND o.subscriber_id = m.inviter_id
        ) END,
        CASE WHEN k.is_carrier OR m.inviter_id IS NULL OR counted.others = 0 THEN false ELSE (
            SELECT coalesce(bool_or((
                SELECT o.first_seen_at <= m.at FROM accounts_identifieruse o
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
        SELECT CASE WHEN m.kind <> 'phone' OR k.users = 1 THEN k.users - 1 ELSE (
            SELECT count(*) FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = m.identifier_id AND o.subscriber_id <> m.focus_id
                    AND o.first_seen_at <= m.at
                    AND (
                        SELECT c.closed_at FROM accounts_subscriber c WHERE c.id = o.subscriber_id
                    ) <= m.activated_at IS NOT TRUE
                LIMIT %(counted)s
            ) AS others
        ) END AS others
    ) counted
"""

_TOGETHER = """
    SELECT v.place, v.device_id, v.address_id, count(DISTINCT d.subscriber_id)
    FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
        AS v (place, focus_id, device_id, address_id, at)
    LEFT JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = v.device_id AND o.subscriber_id <> v.focus_id
            AND o.first_seen_at <= v.at
            AND EXISTS (
                SELECT 1 FROM accounts_identifieruse a
                WHERE a.identifier_id = v.address_id AND a.subscriber_id = o.subscriber_id
                    AND a.first_seen_at <= v.at
            )
        LIMIT %s
    ) d ON true
    GROUP BY v.place, v.device_id, v.address_id
"""


@dataclass(slots=True)
class Seen:
    """What a subject's focus was seen with, and who else was.

    Attributes:
        matches: without repetition, in the order of kinds.
        others: by kind, the most others behind one identifier; a kind that was never seen, or
            whose every address is a carrier's, is absent.
        lately: the most accounts that appeared with one identifier within a day.
        ip: where the address that was seen last is.
        shared: ids of identifiers that others were seen with too, by kind; no carrier's.
    """

    matches: set[Match] = field(default_factory=set)
    others: dict[str, int] = field(default_factory=dict)
    lately: int | None = None
    ip: Place | None = None
    ip_seen_at: datetime | None = None
    shared: dict[str, list[int]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)


def seen_with(
    asked: Sequence[Asked], parties: Sequence[Party], carrier_ip_above: int
) -> list[Seen]:
    """What each focus was seen with by the moment, in one statement.

    Args:
        carrier_ip_above: an address of more others says nothing and is left out.
    """
    found = [Seen() for _ in asked]
    rows = fetch_prepared_by_name(
        _SEEN,
        {
            "places": list(range(len(asked))),
            "focuses": [each.focus_id for each in asked],
            "inviters": [party.inviter_id for party in parties],
            "activations": [party.activated_at for party in parties],
            "moments": [each.at for each in asked],
            "identifiers_max": IDENTIFIERS_MAX,
            "invitees_max": INVITEES_MAX,
            "counted": carrier_ip_above + 1,
        },
    )
    for place, *values in rows:
        _take(found[place], carrier_ip_above, *values)
    return found


def others_at_device_and_address(
    asked: Sequence[Asked], seen: Sequence[Seen], at_most: int
) -> list[int | None]:
    """How many others share both a device and an address; None where either is unknown."""
    pairs = [
        (place, device, address)
        for place, each in enumerate(seen)
        for device in each.shared.get("device", ())
        for address in each.shared.get("address", ())
    ]
    found: list[int | None] = [0 if {"device", "address"} <= each.kinds else None for each in seen]
    if not pairs:
        return found
    rows = fetch_prepared(
        _TOGETHER,
        [place for place, _, _ in pairs],
        [asked[place].focus_id for place, _, _ in pairs],
        [device for _, device, _ in pairs],
        [address for _, _, address in pairs],
        [asked[place].at for place, _, _ in pairs],
        at_most,
    )
    for place, _, _, others in rows:
        found[place] = max(found[place] or 0, others)
    return found


def _take(
    seen: Seen,
    carrier_ip_above: int,
    identifier_id: int,
    kind: str,
    country: str,
    region: str,
    last_seen_at: datetime,
    is_blocked: bool,
    others: int,
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
    is_carrier = kind == "ip" and others > carrier_ip_above
    if not is_carrier:
        seen.matches |= {Match(kind, name) for name, is_match in whom.items() if is_match}
        seen.others[kind] = max(seen.others.get(kind, 0), others)
        seen.lately = max(seen.lately or 0, lately)
    elif is_blocked:
        seen.matches.add(Match(kind, "list"))
    if others and not is_carrier:
        seen.shared.setdefault(kind, []).append(identifier_id)
    if kind == "ip" and country and (seen.ip_seen_at is None or last_seen_at > seen.ip_seen_at):
        seen.ip, seen.ip_seen_at = Place(country, region), last_seen_at
