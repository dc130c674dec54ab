-- History of subscribers :first to :last, who have open wallets with nothing in them: twenty
-- charges each over five months, all spendable. Digests are whole but not chained, which
-- no cost depends on.
WITH item AS (
    SELECT
        s.id AS subscriber_id, k AS number, w.points, k * w.points AS available_after,
        '2026-05-01Z'::timestamptz + (k - 1) / 4 * interval '1 month'
        + k %% 4 * interval '7 days' AS occurred_at
    FROM accounts_subscriber s
    CROSS JOIN LATERAL (SELECT 300 + (s.id * 7919) %% 900 AS points) w
    CROSS JOIN generate_series(1, 20) k
    WHERE s.external_id BETWEEN 'S' || lpad(%(first)s::text, 9, '0')
        AND 'S' || lpad(%(last)s::text, 9, '0')
    ORDER BY s.id, k
),

charges AS (
    INSERT INTO loyalty_charge (
        subscriber_id, charge_id, amount_minor, kind, occurred_at, month, fingerprint, tier,
        terms, points_earned, points_in_review, points_to_debt, lot, posted_at, refunded_minor,
        points_waiting
    )
    SELECT
        subscriber_id, 'history-' || lpad(number::text, 4, '0'), points * 100, 'service',
        occurred_at, date_trunc('month', occurred_at)::date,
        substr(sha256(convert_to(subscriber_id || '/' || number, 'UTF8')), 1, 16), 'bronze',
        1, points, 0, 0, number, occurred_at, 0, 0
    FROM item
),

entries AS (
    INSERT INTO loyalty_entry (
        subscriber_id, number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, digest
    )
    SELECT
        subscriber_id, number, 'accrual', 'issued', 'available', points, 'charge',
        'history-' || lpad(number::text, 4, '0'), occurred_at, occurred_at, 1,
        available_after, sha256(convert_to(subscriber_id || '/' || number, 'UTF8'))
    FROM item
),

lots AS (
    INSERT INTO loyalty_lot (subscriber_id, number, points, remaining, expires_at)
    SELECT subscriber_id, number, points, points, occurred_at + interval '366 days'
    FROM item
),

months AS (
    INSERT INTO loyalty_subscribermonth (
        subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed
    )
    SELECT
        subscriber_id, date_trunc('month', occurred_at)::date, sum(points * 100), sum(points),
        sum(points), 0
    FROM item GROUP BY 1, 2 ORDER BY 1, 2
)

UPDATE loyalty_wallet w SET
    available = i.available_after, issued = i.available_after, last_number = i.number,
    last_digest = sha256(convert_to(i.subscriber_id || '/' || i.number, 'UTF8')),
    last_posted_at = i.occurred_at, benefit_life_minor = i.available_after
FROM item i
WHERE w.subscriber_id = i.subscriber_id AND i.number = 20;
