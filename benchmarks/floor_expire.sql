-- The floor of expiry: every lot that has lapsed by :now, swept by one statement. A chain of
-- digests is one recursion over the numbers of the entries, for all wallets at once.
WITH RECURSIVE due AS MATERIALIZED (
    SELECT
        l.subscriber_id, l.number AS lot, l.remaining AS points, l.expires_at,
        row_number() OVER (
            PARTITION BY l.subscriber_id ORDER BY l.expires_at, l.number
        ) AS place
    FROM loyalty_lot l
    WHERE l.remaining > 0 AND l.expires_at <= %(now)s
),

chained AS (
    SELECT
        d.*, (w.last_number + 1)::int AS number, w.available - d.points AS available_after,
        sha256(w.last_digest || convert_to(
            d.subscriber_id || '|' || w.last_number + 1 || '|expiry|available|expired|'
            || d.points || '|' || (extract(epoch FROM d.expires_at) * 1000000)::bigint || '|'
            || (extract(epoch FROM %(now)s::timestamptz) * 1000000)::bigint || '|1|'
            || w.available - d.points || '|None|lot|' || d.lot, 'UTF8'
        )) AS digest
    FROM due d JOIN loyalty_wallet w ON w.subscriber_id = d.subscriber_id
    WHERE d.place = 1
    UNION ALL
    SELECT
        d.*, c.number + 1, c.available_after - d.points,
        sha256(c.digest || convert_to(
            d.subscriber_id || '|' || c.number + 1 || '|expiry|available|expired|'
            || d.points || '|' || (extract(epoch FROM d.expires_at) * 1000000)::bigint || '|'
            || (extract(epoch FROM %(now)s::timestamptz) * 1000000)::bigint || '|1|'
            || c.available_after - d.points || '|None|lot|' || d.lot, 'UTF8'
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
        subscriber_id, number, 'expiry', 'available', 'expired', points, 'lot', lot::text,
        expires_at, %(now)s, 1, available_after, digest
    FROM chained
),

draws AS (
    INSERT INTO loyalty_lotdraw (subscriber_id, entry, lot, points)
    SELECT subscriber_id, number, lot, points FROM chained
),

lots AS (
    UPDATE loyalty_lot l SET remaining = 0
    FROM chained c WHERE l.subscriber_id = c.subscriber_id AND l.number = c.lot
),

wallets AS (
    UPDATE loyalty_wallet w SET
        available = c.available_after, expired = w.expired + swept.points,
        last_number = c.number, last_digest = c.digest, last_posted_at = %(now)s
    FROM (
        SELECT subscriber_id, max(place) AS place, sum(points) AS points
        FROM due GROUP BY subscriber_id
    ) swept
    JOIN chained c ON c.subscriber_id = swept.subscriber_id AND c.place = swept.place
    WHERE w.subscriber_id = swept.subscriber_id
)

INSERT INTO outbox_event (name, items, announced_at)
SELECT
    'points.expired',
    jsonb_agg(jsonb_build_object(
        'subscriber_id', s.external_id, 'points', swept.points, 'lots', swept.lots
    )),
    %(now)s
FROM (
    SELECT
        subscriber_id, sum(points) AS points, count(*) AS lots,
        row_number() OVER () AS place
    FROM due GROUP BY subscriber_id
) swept
JOIN accounts_subscriber s ON s.id = swept.subscriber_id
GROUP BY swept.place / 500;
