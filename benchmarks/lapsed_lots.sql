-- History for subscribers :first to :last, who have open wallets with nothing in them: :lots
-- monthly accruals each, whose lots have lapsed unspent.
WITH RECURSIVE accrual AS (
    SELECT
        s.id AS subscriber_id, k AS number, 300 + (s.id * 7919) %% 900 AS points,
        '2024-01-01Z'::timestamptz + (k - 1) * interval '1 month'
        + (s.id %% 20) * interval '1 day' AS occurred_at
    FROM accounts_subscriber s
    CROSS JOIN generate_series(1, %(lots)s) k
    WHERE s.external_id BETWEEN 'S' || lpad(%(first)s::text, 9, '0')
        AND 'S' || lpad(%(last)s::text, 9, '0')
),

chained AS (
    SELECT a.*, a.points AS available_after, sha256(convert_to(
        a.subscriber_id || '|1|accrual|issued|available|' || a.points || '|'
        || (extract(epoch FROM a.occurred_at) * 1000000)::bigint || '|'
        || (extract(epoch FROM a.occurred_at) * 1000000)::bigint || '|1|'
        || a.points || '|None|charge|bill-' || a.number, 'UTF8'
    )) AS digest
    FROM accrual a WHERE a.number = 1
    UNION ALL
    SELECT a.*, c.available_after + a.points, sha256(c.digest || convert_to(
        a.subscriber_id || '|' || a.number || '|accrual|issued|available|' || a.points || '|'
        || (extract(epoch FROM a.occurred_at) * 1000000)::bigint || '|'
        || (extract(epoch FROM a.occurred_at) * 1000000)::bigint || '|1|'
        || c.available_after + a.points || '|None|charge|bill-' || a.number, 'UTF8'
    ))
    FROM chained c
    JOIN accrual a ON a.subscriber_id = c.subscriber_id AND a.number = c.number + 1
),

entries AS (
    INSERT INTO loyalty_entry (
        subscriber_id, number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, digest
    )
    SELECT
        subscriber_id, number, 'accrual', 'issued', 'available', points, 'charge',
        'bill-' || number, occurred_at, occurred_at, 1, available_after, digest
    FROM chained ORDER BY subscriber_id, number
),

lots AS (
    INSERT INTO loyalty_lot (subscriber_id, number, points, remaining, expires_at)
    SELECT subscriber_id, number, points, points, occurred_at + interval '366 days'
    FROM chained ORDER BY subscriber_id, number
)

UPDATE loyalty_wallet w SET
    available = c.available_after, issued = c.available_after, last_number = c.number,
    last_digest = c.digest, last_posted_at = c.occurred_at,
    benefit_life_minor = c.available_after
FROM chained c
WHERE w.subscriber_id = c.subscriber_id AND c.number = %(lots)s;
