-- A closed month counts at most the entries that are in it: later ones were posted into it with
-- the moment of a job that ran late, none has left it.
WITH moved AS (
    SELECT c.month, count(e.number) AS entries,
        coalesce(sum(e.points) FILTER (WHERE e.source = 'issued'), 0)
        - coalesce(sum(e.points) FILTER (WHERE e.destination = 'issued'), 0) AS issued,
        coalesce(sum(e.points) FILTER (WHERE e.destination = 'redeemed'), 0)
        - coalesce(sum(e.points) FILTER (WHERE e.source = 'redeemed'), 0) AS redeemed,
        coalesce(sum(e.points) FILTER (WHERE e.destination = 'expired'), 0) AS expired,
        coalesce(sum(e.points) FILTER (WHERE e.destination = 'revoked'), 0)
        - coalesce(sum(e.points) FILTER (WHERE e.source = 'revoked'), 0) AS revoked
    FROM loyalty_monthclosing c
    LEFT JOIN loyalty_entry e
        ON date_trunc('month', e.posted_at AT TIME ZONE %(zone)s)::date = c.month
    GROUP BY c.month
), checked AS (
    SELECT c.month, CASE
        WHEN c.entries > m.entries
            THEN format('it closed with %%s entries, %%s are left', c.entries, m.entries)
        WHEN c.entries = m.entries AND (c.issued_moved, c.redeemed_moved, c.expired_moved,
            c.revoked_moved) <> (m.issued, m.redeemed, m.expired, m.revoked)
            THEN 'its movements are not those of its entries'
        WHEN c.issued_balance + c.debt_balance <> c.pending_balance + c.available_balance
            + c.reserved_balance + c.redeemed_balance + c.expired_balance + c.revoked_balance
            THEN 'its balances do not close'
    END AS differs
    FROM loyalty_monthclosing c JOIN moved m USING (month)
)
SELECT 'monthclosing' AS relation, NULL::bigint AS subscriber_id,
    to_char(month, 'YYYY-MM') AS row, differs
FROM checked WHERE differs IS NOT NULL
