-- A charge and its entries say the same; its points are the rule applied to its amount, at its
-- tier and terms; its refunds, and nothing else, have changed it since.
WITH made AS (
    SELECT subscriber_id, cause_id AS charge_id, sum(points) AS points_earned,
        coalesce(sum(points) FILTER (WHERE destination = 'debt'), 0) AS points_to_debt,
        max(number) FILTER (WHERE destination = 'available') AS lot,
        count(*) FILTER (WHERE destination = 'available') AS lots,
        max(posted_at) AS posted_at, max(occurred_at) AS occurred_at, max(terms) AS terms
    FROM loyalty_entry WHERE cause_type = 'charge' GROUP BY subscriber_id, cause_id
), refunded AS (
    -- Of one that was reversed, no more than the odd point stays taken, or was added.
    SELECT subscriber_id, charge_id,
        coalesce(sum(amount_minor) FILTER (WHERE status = 'applied'), 0) AS amount_minor,
        sum(CASE WHEN status = 'applied' THEN points_from_review ELSE kept_from_review END)
            AS from_review,
        sum(CASE WHEN status = 'applied'
            THEN points_from_review + points_revoked + points_lapsed + points_to_debt
            ELSE kept_from_review + kept_earned END) AS points
    FROM loyalty_refund WHERE status IN ('applied', 'reversed') GROUP BY subscriber_id, charge_id
), checked AS (
    SELECT subscriber_id, charge_id, CASE
        WHEN c.amount_minor IS NULL THEN 'missing: an entry names it as its cause'
        WHEN c.points_earned <> coalesce(m.points_earned, 0)
            THEN format('points_earned are %%s, its entries earned %%s',
                c.points_earned, coalesce(m.points_earned, 0))
        WHEN c.points_to_debt <> coalesce(m.points_to_debt, 0)
            THEN format('points_to_debt are %%s, its entries paid %%s',
                c.points_to_debt, coalesce(m.points_to_debt, 0))
        WHEN m.lots > 1 THEN 'more than one lot was opened for it'
        WHEN c.lot IS DISTINCT FROM m.lot
            THEN format('lot is %%s, its entry opened %%s', c.lot, m.lot)
        WHEN c.posted_at <> m.posted_at THEN 'posted_at differs from that of its entry'
        WHEN c.occurred_at <> m.occurred_at THEN 'occurred_at differs from that of its entry'
        WHEN c.terms <> m.terms THEN 'terms differ from those of its entry'
        WHEN t.number IS NULL OR c.occurred_at < t.starts_at
            OR c.occurred_at >= t.ends_at + interval '5 minutes'
            THEN format('terms %%s were not in force when it occurred', c.terms)
        WHEN c.month <> date_trunc('month', c.occurred_at AT TIME ZONE %(zone)s)::date
            THEN format('month is %%s and it occurred at %%s', c.month, c.occurred_at)
        WHEN c.points_earned + c.points_in_review <> c.amount_minor * r.numerator / r.denominator
            THEN format('points are %%s, the rule makes %%s',
                c.points_earned + c.points_in_review,
                c.amount_minor * r.numerator / r.denominator)
        WHEN c.tier <> 'bronze' AND NOT EXISTS (
            SELECT 1 FROM loyalty_tierchange h WHERE h.subscriber_id = c.subscriber_id
            AND h.tier = c.tier AND h.starts_at <= c.occurred_at
        ) THEN format('tier is %%s, which the subscriber had not reached', c.tier)
        WHEN c.refunded_minor <> coalesce(f.amount_minor, 0)
            THEN format('refunded_minor is %%s, its refunds are %%s',
                c.refunded_minor, coalesce(f.amount_minor, 0))
        WHEN c.points_waiting + c.points_cleared + c.points_declined
            <> c.points_in_review - coalesce(f.from_review, 0)
            THEN format('points waiting, cleared and declined are %%s, its refunds leave %%s',
                c.points_waiting + c.points_cleared + c.points_declined,
                c.points_in_review - coalesce(f.from_review, 0))
        WHEN c.points_earned + c.points_in_review - coalesce(f.points, 0)
            <> (c.amount_minor - c.refunded_minor) * r.numerator / r.denominator
            THEN format('its refunds took %%s points, the rule on the net amount leaves %%s',
                f.points, (c.amount_minor - c.refunded_minor) * r.numerator / r.denominator)
    END AS differs
    FROM loyalty_charge c
    FULL JOIN made m USING (subscriber_id, charge_id)
    LEFT JOIN refunded f USING (subscriber_id, charge_id)
    LEFT JOIN terms t ON t.number = c.terms
    LEFT JOIN rule r ON r.terms = c.terms AND r.kind = c.kind AND r.tier = c.tier
)
SELECT 'charge' AS relation, subscriber_id, charge_id AS row, differs
FROM checked WHERE differs IS NOT NULL
