-- What waits above a cap is what the charges of its month say.
WITH waiting AS (
    SELECT c.subscriber_id, c.month, sum(c.points_waiting) AS points,
        sum(c.points_waiting * t.point_value_minor) AS value_minor
    FROM loyalty_charge c JOIN terms t ON t.number = c.terms
    WHERE c.points_in_review > 0 GROUP BY c.subscriber_id, c.month
), collected AS (
    SELECT subscriber_id, month, sum(points) AS points, sum(value_minor) AS value_minor
    FROM loyalty_payout WHERE kind = 'cap_excess' AND status = 'in_review'
    GROUP BY subscriber_id, month
), checked AS (
    SELECT subscriber_id, month, CASE
        WHEN coalesce(p.points, 0) <> coalesce(w.points, 0)
            THEN format('points in review are %%s, charges wait with %%s', p.points, w.points)
        WHEN coalesce(p.value_minor, 0) <> coalesce(w.value_minor, 0)
            THEN format('value_minor is %%s, charges wait with %%s', p.value_minor, w.value_minor)
    END AS differs
    FROM waiting w FULL JOIN collected p USING (subscriber_id, month)
)
SELECT 'payout' AS relation, subscriber_id, to_char(month, 'YYYY-MM') AS row, differs
FROM checked WHERE differs IS NOT NULL
