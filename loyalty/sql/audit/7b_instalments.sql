-- A payout that was cleared is on the books as a whole, in parts whose entries say the same; one
-- that was not has no part and no entry.
WITH parts AS (
    SELECT subscriber_id, payout_id, sum(points) AS points, sum(value_minor) AS value_minor,
        count(*) AS parts, max(number) AS last,
        coalesce(sum(points) FILTER (WHERE status IN ('paid', 'clawed_back')), 0) AS paid,
        coalesce(sum(points) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
        coalesce(sum(points) FILTER (WHERE status = 'clawed_back'), 0) AS clawed_back,
        count(*) FILTER (WHERE status = 'due') AS due
    FROM loyalty_instalment GROUP BY subscriber_id, payout_id
), made AS (
    SELECT subscriber_id, cause_id AS payout_id,
        max(number) FILTER (WHERE kind = 'grant') AS promise,
        coalesce(sum(points) FILTER (WHERE kind = 'grant'), 0) AS granted,
        coalesce(sum(points) FILTER (WHERE kind = 'payment'), 0) AS paid,
        -- Less what was reinstated since.
        coalesce(sum(points) FILTER (WHERE kind = 'cancellation'), 0)
            - coalesce(sum(points)
                FILTER (WHERE kind = 'restoration' AND destination = 'pending'), 0) AS cancelled,
        coalesce(sum(points) FILTER (WHERE kind = 'clawback'), 0)
            - coalesce(sum(points)
                FILTER (WHERE kind = 'restoration' AND destination <> 'pending'), 0)
            AS clawed_back,
        min(terms) AS terms, max(terms) AS other_terms
    FROM loyalty_entry WHERE cause_type = 'payout' GROUP BY subscriber_id, cause_id
), kept AS (
    SELECT p.*, p.id::text AS payout_id FROM loyalty_payout p
), checked AS (
    SELECT coalesce(k.subscriber_id, m.subscriber_id) AS subscriber_id,
        coalesce(k.payout_id, m.payout_id) AS payout_id, CASE
        WHEN k.status IS NULL THEN 'missing: an entry names it as its cause'
        WHEN k.promise IS DISTINCT FROM m.promise
            THEN format('promise is %%s, its entry is %%s', k.promise, m.promise)
        WHEN (k.promise IS NULL) <> (s.parts IS NULL) THEN 'its parts are missing, or one too many'
        WHEN k.promise IS NULL THEN NULL
        WHEN k.terms <> m.terms OR k.terms <> m.other_terms
            THEN 'terms differ from those of its entries'
        WHEN k.points <> m.granted OR k.points <> s.points
            THEN format('points are %%s, its entry granted %%s, its parts are %%s',
                k.points, m.granted, s.points)
        WHEN k.value_minor <> s.value_minor
            THEN format('value_minor is %%s, its parts are worth %%s', k.value_minor, s.value_minor)
        WHEN s.parts <> s.last THEN 'a part is missing'
        WHEN s.paid <> m.paid
            THEN format('parts of %%s are paid, its entries paid %%s', s.paid, m.paid)
        WHEN s.cancelled <> m.cancelled
            THEN format('parts of %%s are cancelled, its entries took %%s',
                s.cancelled, m.cancelled)
        -- What had lapsed unspent was not taken a second time.
        WHEN s.clawed_back < m.clawed_back OR s.clawed_back = 0 AND m.clawed_back > 0
            THEN format('parts of %%s are clawed back, its entries took %%s',
                s.clawed_back, m.clawed_back)
        WHEN (s.due > 0) <> (k.status IN ('cleared', 'frozen', 'in_review'))
            THEN format('status is %%s, and %%s parts are due', k.status, s.due)
        WHEN k.status = 'clawed_back' AND s.clawed_back = 0
            OR k.status = 'paid' AND s.paid <> k.points
            THEN format('status is %%s, its parts say otherwise', k.status)
    END AS differs
    FROM kept k
    FULL JOIN made m ON m.subscriber_id = k.subscriber_id AND m.payout_id = k.payout_id
    LEFT JOIN parts s ON s.subscriber_id = k.subscriber_id AND s.payout_id = k.id
)
SELECT 'payout' AS relation, subscriber_id, payout_id AS row, differs
FROM checked WHERE differs IS NOT NULL
UNION ALL
-- A paid part opened the lot of its number, unless all of it paid debt.
SELECT 'instalment', i.subscriber_id, i.payout_id || '/' || i.number,
    format('lot is %%s, which its payout did not open', i.lot)
FROM loyalty_instalment i
WHERE i.lot IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM loyalty_entry e
    WHERE e.subscriber_id = i.subscriber_id AND e.number = i.lot AND e.kind = 'payment'
        AND e.destination = 'available' AND e.cause_id = i.payout_id::text
)
