-- The floor of paying: every instalment that is due on :day paid by one statement, if whoever
-- earns it is active. It knows no limits of inviters and no caps. A chain of digests is one
-- recursion over the numbers of the entries, for all wallets at once.
WITH RECURSIVE due AS MATERIALIZED (
    SELECT
        i.subscriber_id, i.payout_id, i.number AS part, i.month, i.points, i.value_minor,
        i.due_on::timestamp AT TIME ZONE 'Europe/Moscow' AS occurred_at,
        row_number() OVER (PARTITION BY i.subscriber_id ORDER BY i.payout_id) AS place
    FROM loyalty_instalment i
    JOIN loyalty_payout p ON p.id = i.payout_id AND p.status = 'cleared'
    JOIN accounts_statusperiod invitee ON invitee.subscriber_id = p.depends_on_id
        AND invitee.status = 'active' AND invitee.starts_at <= %(now)s
        AND (invitee.ends_at IS NULL OR invitee.ends_at > %(now)s)
    JOIN accounts_statusperiod inviter ON inviter.subscriber_id = i.subscriber_id
        AND inviter.status = 'active' AND inviter.starts_at <= %(now)s
        AND (inviter.ends_at IS NULL OR inviter.ends_at > %(now)s)
    WHERE i.status = 'due' AND i.due_on <= %(day)s::date
),

chained AS (
    SELECT
        d.*, (w.last_number + 1)::int AS number, w.available + d.points AS available_after,
        sha256(w.last_digest || convert_to(
            d.subscriber_id || '|' || w.last_number + 1 || '|payment|pending|available|'
            || d.points || '|' || (extract(epoch FROM d.occurred_at) * 1000000)::bigint || '|'
            || (extract(epoch FROM %(now)s::timestamptz) * 1000000)::bigint || '|1|'
            || w.available + d.points || '|None|payout|' || d.payout_id, 'UTF8'
        )) AS digest
    FROM due d JOIN loyalty_wallet w ON w.subscriber_id = d.subscriber_id
    WHERE d.place = 1
    UNION ALL
    SELECT
        d.*, c.number + 1, c.available_after + d.points,
        sha256(c.digest || convert_to(
            d.subscriber_id || '|' || c.number + 1 || '|payment|pending|available|'
            || d.points || '|' || (extract(epoch FROM d.occurred_at) * 1000000)::bigint || '|'
            || (extract(epoch FROM %(now)s::timestamptz) * 1000000)::bigint || '|1|'
            || c.available_after + d.points || '|None|payout|' || d.payout_id, 'UTF8'
        ))
    FROM chained c
    JOIN due d ON d.subscriber_id = c.subscriber_id AND d.place = c.place + 1
),

entries AS (
    INSERT INTO loyalty_entry (
        subscriber_id, number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, digest
    )
    SELECT
        subscriber_id, number, 'payment', 'pending', 'available', points, 'payout',
        payout_id::text, occurred_at, %(now)s, 1, available_after, digest
    FROM chained
),

lots AS (
    INSERT INTO loyalty_lot (subscriber_id, number, points, remaining, expires_at)
    SELECT
        subscriber_id, number, points, points,
        (date_trunc('day', occurred_at AT TIME ZONE 'Europe/Moscow') + interval '1 year 1 day')
            AT TIME ZONE 'Europe/Moscow'
    FROM chained
),

instalments AS (
    UPDATE loyalty_instalment i SET status = 'paid', lot = c.number, paid_at = %(now)s
    FROM chained c
    WHERE i.subscriber_id = c.subscriber_id AND i.payout_id = c.payout_id AND i.number = c.part
),

months AS (
    INSERT INTO loyalty_subscribermonth AS m (
        subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed
    )
    SELECT subscriber_id, month, 0, 0, sum(value_minor), 0
    FROM chained GROUP BY subscriber_id, month
    ON CONFLICT (subscriber_id, month) DO UPDATE SET
        benefit_minor = m.benefit_minor + excluded.benefit_minor
),

wallets AS (
    UPDATE loyalty_wallet w SET
        pending = w.pending - paid.points, available = c.available_after,
        last_number = c.number, last_digest = c.digest, last_posted_at = %(now)s,
        benefit_life_minor = w.benefit_life_minor + paid.value_minor
    FROM (
        SELECT
            subscriber_id, max(place) AS place, sum(points) AS points,
            sum(value_minor) AS value_minor
        FROM due GROUP BY subscriber_id
    ) paid
    JOIN chained c ON c.subscriber_id = paid.subscriber_id AND c.place = paid.place
    WHERE w.subscriber_id = paid.subscriber_id
)

INSERT INTO outbox_event (name, items, announced_at)
SELECT
    'payout.paid',
    jsonb_agg(jsonb_build_object(
        'payout_id', payout_id, 'subscriber_id', external_id, 'kind', 'referral_bonus',
        'status', 'cleared', 'points', points, 'value', '100.00', 'instalment', part,
        'instalments', 3
    )),
    %(now)s
FROM (
    SELECT c.*, s.external_id, row_number() OVER () - 1 AS row
    FROM chained c JOIN accounts_subscriber s ON s.id = c.subscriber_id
) paid
GROUP BY row / 500;
