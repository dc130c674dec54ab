-- A lot lapses at the start of the day after its life, counted from the day on which its
-- entry occurred, in the program's zone.
SELECT 'lot' AS relation, l.subscriber_id, l.number::text AS row,
    format('expires_at is %%s, its entry makes it %%s', l.expires_at, due.expires_at) AS differs
FROM loyalty_lot l
JOIN loyalty_entry e ON e.subscriber_id = l.subscriber_id AND e.number = l.number
JOIN terms t ON t.number = e.terms
CROSS JOIN LATERAL (
    SELECT ((e.occurred_at AT TIME ZONE %(zone)s)::date
        + make_interval(months => t.lot_life_months) + interval '1 day')
        AT TIME ZONE %(zone)s AS expires_at
) due
WHERE l.expires_at <> due.expires_at
