-- What a wallet's row says beside its ledger: benefits, waiting refunds, reservations,
-- promises, tier.
WITH months AS (
    SELECT subscriber_id, sum(benefit_minor) AS benefit_minor
    FROM loyalty_subscribermonth GROUP BY subscriber_id
), waiting AS (
    SELECT subscriber_id, count(*) AS refunds
    FROM loyalty_refund WHERE status = 'waiting' GROUP BY subscriber_id
), held AS (
    SELECT subscriber_id, sum(points) AS points
    FROM loyalty_redemption WHERE status IN ('in_review', 'reserved') GROUP BY subscriber_id
), promised AS (
    SELECT subscriber_id, sum(points) AS points
    FROM loyalty_instalment WHERE status = 'due' GROUP BY subscriber_id
), tiers AS (
    SELECT DISTINCT ON (subscriber_id) subscriber_id, starts_at, tier
    FROM loyalty_tierchange ORDER BY subscriber_id, starts_at DESC
), checked AS (
    SELECT w.subscriber_id, CASE
        WHEN w.benefit_life_minor <> coalesce(m.benefit_minor, 0)
            THEN format('benefit_life_minor is %%s, its months make %%s',
                w.benefit_life_minor, coalesce(m.benefit_minor, 0))
        WHEN w.waiting_refunds <> coalesce(r.refunds, 0)
            THEN format('waiting_refunds are %%s, %%s wait',
                w.waiting_refunds, coalesce(r.refunds, 0))
        WHEN w.reserved <> coalesce(h.points, 0)
            THEN format('reserved is %%s, redemptions hold %%s', w.reserved, coalesce(h.points, 0))
        WHEN w.pending <> coalesce(d.points, 0)
            THEN format('pending is %%s, instalments that are due are %%s',
                w.pending, coalesce(d.points, 0))
        WHEN w.tier <> coalesce(t.tier, 'bronze')
            THEN format('tier is %%s, its history says %%s', w.tier, coalesce(t.tier, 'bronze'))
        WHEN w.tier_since IS DISTINCT FROM t.starts_at
            THEN format('tier_since is %%s, its history says %%s', w.tier_since, t.starts_at)
        WHEN w.tier_evaluated_for <> date_trunc('month', w.tier_evaluated_for)::date
            THEN 'tier_evaluated_for is not the first day of a month'
        WHEN w.downgrade_on <= w.tier_evaluated_for OR w.downgrade_on IS NOT NULL
            AND (w.tier_evaluated_for IS NULL OR w.tier = 'bronze')
            THEN format('downgrade_on is %%s, which no evaluation announced', w.downgrade_on)
        WHEN w.opened_at > e.posted_at THEN 'opened_at is later than its first entry'
    END AS differs
    FROM loyalty_wallet w
    LEFT JOIN months m USING (subscriber_id)
    LEFT JOIN waiting r USING (subscriber_id)
    LEFT JOIN held h USING (subscriber_id)
    LEFT JOIN promised d USING (subscriber_id)
    LEFT JOIN tiers t USING (subscriber_id)
    LEFT JOIN loyalty_entry e ON e.subscriber_id = w.subscriber_id AND e.number = 1
)
SELECT 'wallet' AS relation, subscriber_id, '-' AS row, differs
FROM checked WHERE differs IS NOT NULL
