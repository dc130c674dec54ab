-- A redemption's status, sums and moments are those of the entries that it caused.
WITH made AS (
    SELECT subscriber_id, cause_id AS redemption_id,
        max(number) FILTER (WHERE kind = 'reservation') AS reservation,
        max(points) FILTER (WHERE kind = 'reservation') AS points,
        max(terms) FILTER (WHERE kind = 'reservation') AS terms,
        max(occurred_at) FILTER (WHERE kind = 'reservation') AS asked_at,
        max(posted_at) FILTER (WHERE kind = 'reservation') AS reserved_at,
        max(number) FILTER (WHERE kind = 'settlement') AS settlement,
        max(posted_at) FILTER (WHERE kind = 'settlement') AS settled_at,
        max(kind) FILTER (WHERE destination = 'available') AS returned_by,
        max(posted_at) FILTER (WHERE destination = 'available') AS returned_at,
        count(*) FILTER (WHERE kind = 'reservation') AS reservations,
        count(*) FILTER (WHERE kind = 'settlement') AS settlements
    FROM loyalty_entry WHERE cause_type = 'redemption' GROUP BY subscriber_id, cause_id
), checked AS (
    SELECT subscriber_id, redemption_id, CASE
        WHEN r.status IS NULL THEN 'missing: an entry names it as its cause'
        WHEN m.reservation IS NULL THEN 'no entry reserved its points'
        WHEN m.reservations > 1 OR m.settlements > 1 THEN 'it was reserved or settled twice'
        WHEN r.status <> CASE
            WHEN m.returned_by = 'release' THEN
                CASE WHEN r.status = 'declined' THEN 'declined' ELSE 'released' END
            WHEN m.returned_by = 'lapse' THEN 'lapsed'
            WHEN m.returned_by = 'reversal' THEN 'reversed'
            WHEN m.settlement IS NOT NULL THEN 'settled'
            WHEN r.status = 'in_review' THEN 'in_review'
            ELSE 'reserved'
        END THEN format('status is %%s, its entries say otherwise', r.status)
        WHEN r.points <> m.points
            THEN format('points are %%s, its entry reserved %%s', r.points, m.points)
        WHEN r.reservation <> m.reservation
            THEN format('reservation is %%s, its entry is %%s', r.reservation, m.reservation)
        WHEN r.settlement IS DISTINCT FROM m.settlement
            THEN format('settlement is %%s, its entry is %%s', r.settlement, m.settlement)
        WHEN r.terms <> m.terms THEN 'terms differ from those of its entry'
        WHEN r.value_minor <> r.points * t.point_value_minor
            THEN format('value_minor is %%s, its points are worth %%s',
                r.value_minor, r.points * t.point_value_minor)
        WHEN r.month <> date_trunc('month', m.asked_at AT TIME ZONE %(zone)s)::date
            THEN format('month is %%s and it was reserved at %%s', r.month, m.asked_at)
        WHEN r.reserved_at <> m.reserved_at THEN 'reserved_at differs from that of its entry'
        WHEN r.settled_at IS DISTINCT FROM m.settled_at
            THEN 'settled_at differs from that of its entry'
        WHEN r.returned_at IS DISTINCT FROM m.returned_at
            THEN 'returned_at differs from that of its entry'
        WHEN r.status <> 'in_review'
            AND r.expires_at < m.asked_at + make_interval(hours => t.reservation_hours)
            OR r.status <> 'in_review' AND jsonb_array_length(r.reasons) = 0
            AND r.expires_at <> m.asked_at + make_interval(hours => t.reservation_hours)
            THEN format('expires_at is %%s, its terms hold it for %%s hours',
                r.expires_at, t.reservation_hours)
        WHEN r.reward <> ALL (%(rewards)s) THEN format('there is no reward %%s', r.reward)
    END AS differs
    FROM loyalty_redemption r
    FULL JOIN made m USING (subscriber_id, redemption_id)
    LEFT JOIN terms t ON t.number = r.terms
)
SELECT 'redemption' AS relation, subscriber_id, redemption_id AS row, differs
FROM checked WHERE differs IS NOT NULL
