-- A subscriber's month is the sum of its charges, their refunds, the instalments that were paid
-- against its caps, and its redemptions.
WITH summed AS (
    SELECT subscriber_id, month, sum(revenue_minor) AS revenue_minor,
        sum(points_earned) AS points_earned, sum(benefit_minor) AS benefit_minor,
        sum(points_redeemed) AS points_redeemed
    FROM (
        SELECT c.subscriber_id, c.month, c.amount_minor AS revenue_minor, c.points_earned,
            c.points_earned * t.point_value_minor AS benefit_minor, 0 AS points_redeemed
        FROM loyalty_charge c JOIN terms t ON t.number = c.terms
        UNION ALL
        SELECT c.subscriber_id, c.month,
            CASE WHEN r.status = 'applied' THEN -r.amount_minor ELSE 0 END, -taken.points,
            -taken.points * t.point_value_minor, 0
        FROM loyalty_refund r
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.status = 'applied'
                THEN r.points_revoked + r.points_lapsed + r.points_to_debt
                ELSE r.kept_earned END AS points
        ) taken
        JOIN loyalty_charge c USING (subscriber_id, charge_id)
        JOIN terms t ON t.number = c.terms
        WHERE r.status IN ('applied', 'reversed')
        UNION ALL
        SELECT i.subscriber_id, i.month, 0,
            CASE WHEN p.kind = 'cap_excess' THEN i.points ELSE 0 END, i.value_minor, 0
        FROM loyalty_instalment i JOIN loyalty_payout p ON p.id = i.payout_id
        WHERE i.status = 'paid'
        UNION ALL
        SELECT subscriber_id, month, 0, 0, 0, points FROM loyalty_redemption
        WHERE status IN ('in_review', 'reserved', 'settled')
    ) facts GROUP BY subscriber_id, month
), checked AS (
    SELECT subscriber_id, month, CASE
        WHEN coalesce(m.revenue_minor, 0) <> coalesce(s.revenue_minor, 0)
            THEN format('revenue_minor is %%s, charges and refunds make %%s',
                m.revenue_minor, s.revenue_minor)
        WHEN coalesce(m.points_earned, 0) <> coalesce(s.points_earned, 0)
            THEN format('points_earned are %%s, charges and refunds make %%s',
                m.points_earned, s.points_earned)
        WHEN coalesce(m.benefit_minor, 0) <> coalesce(s.benefit_minor, 0)
            THEN format('benefit_minor is %%s, charges and refunds make %%s',
                m.benefit_minor, s.benefit_minor)
        WHEN coalesce(m.points_redeemed, 0) <> coalesce(s.points_redeemed, 0)
            THEN format('points_redeemed are %%s, redemptions make %%s',
                m.points_redeemed, s.points_redeemed)
    END AS differs
    FROM loyalty_subscribermonth m FULL JOIN summed s USING (subscriber_id, month)
)
SELECT 'subscribermonth' AS relation, subscriber_id, to_char(month, 'YYYY-MM') AS row, differs
FROM checked WHERE differs IS NOT NULL
