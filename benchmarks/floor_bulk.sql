-- The floor of posting in bulk: the rows of post_charges for subscribers :first to :last, one
-- charge each, written by one statement from generated input. It decides nothing: no
-- repetition, no cap, no tier, no refund that waits.
WITH item AS (
    SELECT
        n,
        'S' || lpad(n::text, 9, '0') AS external_id,
        'bill-' || lpad(%(turn)s::text, 4, '0') || '-' || lpad(n::text, 9, '0') AS charge_id,
        30000 + (n::bigint * 7919) %% 90000 AS amount_minor,
        %(bill_at)s::timestamptz + (n %% 86400) * interval '1 second' AS occurred_at
    FROM generate_series(%(first)s, %(last)s) n
),

decided AS (
    SELECT
        i.n, i.external_id, i.charge_id, i.amount_minor, i.occurred_at,
        s.id AS subscriber_id, w.last_number + 1 AS number, w.last_digest, w.tier,
        i.amount_minor / 100 AS points, w.available + i.amount_minor / 100 AS available_after,
        i.occurred_at AT TIME ZONE 'Europe/Moscow' AS local_at
    FROM item i
    JOIN accounts_subscriber s ON s.external_id = i.external_id
    JOIN loyalty_wallet w ON w.subscriber_id = s.id
),

digested AS (
    SELECT
        d.*,
        date_trunc('month', d.local_at)::date AS month,
        sha256(d.last_digest || convert_to(
            d.subscriber_id || '|' || d.number || '|accrual|issued|available|' || d.points || '|'
            || (extract(epoch FROM d.occurred_at) * 1000000)::bigint || '|'
            || (extract(epoch FROM %(now)s::timestamptz) * 1000000)::bigint || '|1|'
            || d.available_after || '|None|charge|' || d.charge_id, 'UTF8'
        )) AS digest
    FROM decided d
),

charges AS (
    INSERT INTO loyalty_charge (
        subscriber_id, charge_id, amount_minor, kind, occurred_at, month, fingerprint, tier,
        terms, points_earned, points_in_review, points_to_debt, lot, posted_at, refunded_minor,
        points_waiting
    )
    SELECT
        subscriber_id, charge_id, amount_minor, 'service', occurred_at, month,
        decode(md5(amount_minor || '|service|' || extract(epoch FROM occurred_at)), 'hex'), tier,
        1, points, 0, 0, number, %(now)s, 0, 0
    FROM digested
),

entries AS (
    INSERT INTO loyalty_entry (
        subscriber_id, number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, digest
    )
    SELECT
        subscriber_id, number, 'accrual', 'issued', 'available', points, 'charge', charge_id,
        occurred_at, %(now)s, 1, available_after, digest
    FROM digested
),

lots AS (
    INSERT INTO loyalty_lot (subscriber_id, number, points, remaining, expires_at)
    SELECT
        subscriber_id, number, points, points,
        (date_trunc('day', local_at) + interval '1 year 1 day') AT TIME ZONE 'Europe/Moscow'
    FROM digested
),

months AS (
    INSERT INTO loyalty_subscribermonth AS m (
        subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed
    )
    SELECT subscriber_id, month, amount_minor, points, points, 0
    FROM digested
    ON CONFLICT (subscriber_id, month) DO UPDATE SET
        revenue_minor = m.revenue_minor + excluded.revenue_minor,
        points_earned = m.points_earned + excluded.points_earned,
        benefit_minor = m.benefit_minor + excluded.benefit_minor
),

announced AS (
    INSERT INTO outbox_event (name, items, announced_at)
    SELECT
        'points.accrued',
        jsonb_agg(jsonb_build_object(
            'subscriber_id', external_id, 'charge_id', charge_id, 'points', points,
            'points_to_debt', 0, 'occurred_at', occurred_at
        )),
        %(now)s
    FROM digested
    GROUP BY n / 500
)

UPDATE loyalty_wallet w SET
    available = d.available_after, issued = w.issued + d.points, last_number = d.number,
    last_digest = d.digest, last_posted_at = %(now)s,
    benefit_life_minor = w.benefit_life_minor + d.points
FROM digested d
WHERE w.subscriber_id = d.subscriber_id;
