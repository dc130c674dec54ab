-- What paid debt is returned at most once, as a lot that lapses like those of what had paid.
WITH returned AS (
    SELECT subscriber_id, cause_id, sum(points) AS points
    FROM loyalty_entry WHERE kind = 'debt_return' GROUP BY subscriber_id, cause_id
)
SELECT 'entry' AS relation, r.subscriber_id, r.cause_id AS row, CASE
    WHEN e.number IS NULL THEN 'debt that it paid was returned, and it paid none'
    ELSE format('%%s points of its %%s were returned', r.points, e.points)
END AS differs
FROM returned r
LEFT JOIN loyalty_entry e ON e.subscriber_id = r.subscriber_id
    AND e.number::text = r.cause_id AND e.destination = 'debt'
    AND e.kind IN ('accrual', 'payment', 'debt_payment', 'rounding')
WHERE e.number IS NULL OR r.points > e.points
