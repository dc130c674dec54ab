"""Which referrals have to be decided, with what decides over them, in pages."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from loyalty.queries.terms import program_zone, terms_calendar
from referrals.policy.gates import REVERSIBLE, AfterFacts, GateFacts, PaidPart, RefundMade

# The window of a referral, as its invitee's activation is known now, and until when the invitee
# stayed: NULL while they are active without a gap since the activation. Whoever left and was
# activated again stayed until they left.
WINDOW = """
    JOIN unnest(%(numbers)s::smallint[], %(months)s::int[], %(watched)s::int[])
        AS t (number, months, watched) ON t.number = r.terms
    JOIN accounts_subscriber s ON s.id = r.invitee_id
    CROSS JOIN LATERAL (
        SELECT ((s.activated_at AT TIME ZONE %(zone)s) + make_interval(months => t.months))
            AT TIME ZONE %(zone)s AS ends_at
    ) w
    LEFT JOIN LATERAL (
        SELECT p.starts_at, p.ends_at FROM accounts_statusperiod p
        WHERE p.subscriber_id = r.invitee_id AND p.status = 'active'
            AND p.starts_at <= s.activated_at
            AND (p.ends_at IS NULL OR p.ends_at > s.activated_at)
    ) p ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN s.left_before_at >= r.joined_at THEN s.left_before_at
            WHEN p.starts_at IS NULL THEN s.activated_at
            ELSE p.ends_at
        END AS until
    ) stayed
"""

# When the invitee first left; whoever leaves and comes back has left.
_LEFT = """
    CROSS JOIN LATERAL (
        SELECT least(
            min(c.starts_at),
            CASE WHEN s.left_before_at >= r.joined_at THEN s.left_before_at END
        ) AS at
        FROM accounts_statusperiod c
        WHERE c.subscriber_id = r.invitee_id AND c.status = 'closed'
            AND c.starts_at >= s.activated_at
    ) gone
"""

# Bills of the window may come late, and a status may be corrected: a referral that expired is
# looked at again for a while.
_DUE = f"""
    WITH due AS MATERIALIZED (
        SELECT r.id, r.referral_id, r.status, r.terms, r.inviter_id, r.invitee_id,
            s.external_id AS invitee, s.activated_at, w.ends_at, stayed.until
        FROM referrals_referral r {WINDOW}
        WHERE r.id > %(after)s AND (
            r.status = 'joined' AND (
                w.ends_at <= %(now)s
                OR stayed.until < least(w.ends_at, %(now)s)
                OR w.ends_at <> r.window_ends_at
            )
            OR r.status = 'expired'
                AND ((w.ends_at AT TIME ZONE %(zone)s) + make_interval(months => t.watched))
                    AT TIME ZONE %(zone)s > %(now)s
                AND (stayed.until IS NULL OR stayed.until >= w.ends_at)
                AND (r.reason = 'invitee_left' OR w.ends_at <= %(now)s)
        )
        ORDER BY r.id LIMIT %(limit)s
        FOR UPDATE OF r SKIP LOCKED
    )
    SELECT d.id, d.referral_id, d.status, d.terms, i.external_id, d.invitee,
        d.activated_at, d.ends_at, d.until,
        coalesce((
            SELECT sum(c.amount_minor - c.refunded_minor) FROM loyalty_charge c
            WHERE c.subscriber_id = d.invitee_id
                AND c.occurred_at >= d.activated_at AND c.occurred_at < d.ends_at
        ), 0)::bigint
    FROM due d JOIN accounts_subscriber i ON i.id = d.inviter_id
    ORDER BY d.id
"""  # noqa: S608

# Qualified ones whose invitee left, had a gap after all, or was given money back, while there is
# still something of the bonus to be stopped or taken back.
_WATCHED = f"""
    SELECT r.id, r.referral_id, r.terms, r.invitee_id, s.activated_at, w.ends_at,
        stayed.until, gone.at
    FROM referrals_referral r {WINDOW} {_LEFT}
    CROSS JOIN LATERAL (
        SELECT coalesce(stayed.until < w.ends_at, false) OR EXISTS (
            SELECT 1 FROM loyalty_refund f JOIN loyalty_charge c
                ON c.subscriber_id = f.subscriber_id AND c.charge_id = f.charge_id
            WHERE f.subscriber_id = r.invitee_id AND f.status = 'applied'
                AND c.occurred_at >= s.activated_at AND c.occurred_at < w.ends_at
        ) AS is_touched
    ) window_of
    WHERE r.id > %(after)s AND r.status = 'qualified'
        AND (window_of.is_touched OR gone.at IS NOT NULL)
        AND EXISTS (
            SELECT 1 FROM loyalty_payout o
            WHERE o.cause_type = 'referral' AND o.cause_id = r.referral_id AND (
                o.status IN ('requested', 'in_review', 'cleared', 'frozen')
                OR EXISTS (
                    SELECT 1 FROM loyalty_instalment i
                    WHERE i.subscriber_id = o.subscriber_id AND i.payout_id = o.id
                        AND i.status = 'paid'
                        -- For whoever left later it stays paid, and isn't read for ever; the
                        -- day more is for months counted in another zone.
                        AND (window_of.is_touched OR gone.at
                            < i.paid_at + make_interval(months => t.watched, days => 1))
                )
            )
        )
    ORDER BY r.id LIMIT %(limit)s
"""  # noqa: S608

# Qualified ones whose bonus was taken back for a refund, where one was reversed since.
_RESTORABLE = f"""
    SELECT r.id, r.referral_id, r.terms, r.invitee_id, s.activated_at, w.ends_at,
        stayed.until, gone.at
    FROM referrals_referral r {WINDOW} {_LEFT}
    WHERE r.id > %(after)s AND r.status = 'qualified'
        AND EXISTS (
            SELECT 1 FROM loyalty_refund f
            WHERE f.subscriber_id = r.invitee_id AND f.status = 'reversed'
        )
        AND EXISTS (
            SELECT 1 FROM loyalty_payout o
            WHERE o.cause_type = 'referral' AND o.cause_id = r.referral_id
                AND o.status IN ('cancelled', 'clawed_back')
                AND o.reasons -> 0 ->> 'code' = ANY(%(codes)s)
        )
    ORDER BY r.id LIMIT %(limit)s
"""  # noqa: S608

_CHARGED = """
    SELECT v.place, coalesce(sum(c.amount_minor), 0)::bigint
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, starts_at, ends_at)
    LEFT JOIN loyalty_charge c ON c.subscriber_id = v.subscriber_id
        AND c.occurred_at >= v.starts_at AND c.occurred_at < v.ends_at
    GROUP BY v.place
"""

_REFUNDED = """
    SELECT v.place, f.occurred_at, f.amount_minor, f.reason
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, starts_at, ends_at)
    JOIN loyalty_refund f ON f.subscriber_id = v.subscriber_id AND f.status = 'applied'
    JOIN loyalty_charge c ON c.subscriber_id = f.subscriber_id AND c.charge_id = f.charge_id
        AND c.occurred_at >= v.starts_at AND c.occurred_at < v.ends_at
"""

_BONUSES = """
    SELECT v.place, o.id, i.number, i.paid_at, i.status
    FROM unnest(%s::int[], %s::text[]) AS v (place, referral_id)
    JOIN loyalty_payout o ON o.cause_type = 'referral' AND o.cause_id = v.referral_id
    LEFT JOIN loyalty_instalment i ON i.subscriber_id = o.subscriber_id
        AND i.payout_id = o.id AND i.status IN ('paid', 'clawed_back')
    ORDER BY v.place, o.id, i.number
"""


class DueReferral(NamedTuple):
    """A referral to be judged; the external ids of its two parties."""

    id: int
    referral_id: str
    status: str
    terms: int
    inviter: str
    invitee: str
    facts: GateFacts


class Bonus(NamedTuple):
    """A payout of a referral, with those of its instalments that are paid.

    Attributes:
        taken_back: instalments that had been paid.
    """

    payout_id: UUID
    paid: tuple[PaidPart, ...]
    taken_back: tuple[PaidPart, ...]


class WatchedReferral(NamedTuple):
    """A qualified referral of which something may have to be taken back."""

    id: int
    terms: int
    facts: AfterFacts
    bonuses: tuple[Bonus, ...]


def due_referrals(*, now: datetime, after: int, limit: int) -> list[DueReferral]:
    """Lock and read the next referrals above `after` that may be decided by `now`.

    What another run holds is left to it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {**terms_parameters(), "now": now, "after": after, "limit": limit})
        rows = cursor.fetchall()
    return [DueReferral._make((*row[:6], GateFacts(*row[6:]))) for row in rows]


def watched_referrals(*, now: datetime, after: int, limit: int) -> list[WatchedReferral]:
    """The next qualified referrals above `after` to which something happened."""
    return _after_facts(_WATCHED, {"now": now, "after": after, "limit": limit})


def restorable_referrals(*, after: int, limit: int) -> list[WatchedReferral]:
    """The next qualified referrals above `after` whose bonus a reversed refund had taken back.

    Whether, and how far, anything else undoes them is for the policy to say.
    """
    return _after_facts(_RESTORABLE, {"codes": list(REVERSIBLE), "after": after, "limit": limit})


def _after_facts(sql: str, asked: dict[str, Any]) -> list[WatchedReferral]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**terms_parameters(), **asked})
        rows = cursor.fetchall()
        if not rows:
            return []
        places = list(range(len(rows)))
        windows = [
            places,
            [row[3] for row in rows],
            [row[4] for row in rows],
            [row[5] for row in rows],
        ]
        cursor.execute(_CHARGED, windows)
        gross = dict(cursor.fetchall())
        cursor.execute(_REFUNDED, windows)
        refunds: dict[int, list[RefundMade]] = {place: [] for place in places}
        for place, *refund in cursor.fetchall():
            refunds[place].append(RefundMade(*refund))
        cursor.execute(_BONUSES, [places, [row[1] for row in rows]])
        bonuses = _bonuses(cursor.fetchall())
    return [
        WatchedReferral(
            row[0],
            row[2],
            AfterFacts(row[5], row[6], row[7], gross[place], tuple(refunds[place])),
            bonuses.get(place, ()),
        )
        for place, row in enumerate(rows)
    ]


def _bonuses(
    rows: Sequence[tuple[int, UUID, int | None, datetime, str]],
) -> dict[int, tuple[Bonus, ...]]:
    found: dict[int, dict[UUID, dict[str, list[PaidPart]]]] = {}
    for place, payout_id, number, paid_at, status in rows:
        parts = found.setdefault(place, {}).setdefault(payout_id, defaultdict(list))
        if number is not None:
            parts[status].append(PaidPart(number, paid_at))
    return {
        place: tuple(
            Bonus(payout_id, tuple(parts["paid"]), tuple(parts["clawed_back"]))
            for payout_id, parts in payouts.items()
        )
        for place, payouts in found.items()
    }


def terms_parameters() -> dict[str, Any]:
    """What `WINDOW` asks of the terms."""
    versions = [version for _, version in terms_calendar().versions()]
    return {
        "zone": str(program_zone()),
        "numbers": [version.number for version in versions],
        "months": [version.terms.referral.stay_months_min for version in versions],
        "watched": [version.terms.referral.clawback_months for version in versions],
    }
