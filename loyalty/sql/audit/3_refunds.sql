-- An applied refund and its entries say the same; one that waits has no charge.
WITH RECURSIVE made AS (
    SELECT subscriber_id, cause_id AS refund_id,
        coalesce(sum(points) FILTER (WHERE source = 'available'), 0) AS points_revoked,
        coalesce(sum(points) FILTER (WHERE source = 'debt'), 0) AS points_to_debt,
        max(posted_at) AS posted_at, max(occurred_at) AS occurred_at,
        min(kind) AS kind, max(kind) AS other_kind, max(terms) AS terms
    FROM loyalty_entry WHERE cause_type = 'refund' AND kind IN ('refund', 'chargeback')
    GROUP BY subscriber_id, cause_id
), restored AS (
    -- What its reversal gave back, and the odd point that it added or kept.
    SELECT subscriber_id, cause_id AS refund_id,
        coalesce(sum(points) FILTER (WHERE kind = 'restoration'), 0) AS points,
        coalesce(sum(CASE WHEN destination = 'revoked' THEN points ELSE -points END)
            FILTER (WHERE kind = 'rounding'), 0) AS kept,
        max(posted_at) AS posted_at
    FROM loyalty_entry WHERE cause_type = 'refund' AND kind IN ('restoration', 'rounding')
    GROUP BY subscriber_id, cause_id
), swept AS (
    SELECT d.subscriber_id, d.lot, sum(d.points) AS points
    FROM loyalty_lotdraw d
    JOIN loyalty_entry e ON e.subscriber_id = d.subscriber_id AND e.number = d.entry
    WHERE e.kind IN ('expiry', 'revocation') GROUP BY d.subscriber_id, d.lot
), heir (subscriber_id, lot, number) AS (
    -- Points that had paid debt and were returned, or the odd point of a reversed refund: which
    -- entry they were earned by, followed through each payment of debt.
    SELECT subscriber_id, number, number FROM loyalty_entry
    WHERE kind IN ('debt_return', 'rounding') AND destination = 'available'
    UNION ALL
    SELECT h.subscriber_id, h.lot, coalesce(d.lot, p.number)
    FROM heir h
    JOIN loyalty_entry r ON r.subscriber_id = h.subscriber_id AND r.number = h.number
        AND r.kind = 'debt_return'
    JOIN loyalty_entry p ON p.subscriber_id = h.subscriber_id
        AND p.number = CASE WHEN r.kind = 'debt_return' THEN r.cause_id::int END
    LEFT JOIN loyalty_lotdraw d ON d.subscriber_id = h.subscriber_id AND d.entry = p.number
), inherited AS (
    -- A payment from several lots may count for each of them here: a bound, not a sum.
    SELECT DISTINCT h.subscriber_id, coalesce(f.charge_id, e.cause_id) AS charge_id, h.lot
    FROM heir h
    JOIN loyalty_entry e ON e.subscriber_id = h.subscriber_id AND e.number = h.number
    LEFT JOIN loyalty_refund f ON f.subscriber_id = h.subscriber_id
        AND e.cause_type = 'refund' AND f.refund_id = e.cause_id
    WHERE e.cause_type IN ('charge', 'refund')
), checked AS (
    SELECT coalesce(r.subscriber_id, m.subscriber_id) AS subscriber_id,
        coalesce(r.refund_id, m.refund_id) AS refund_id, CASE
        WHEN r.status IS NULL THEN 'missing: an entry names it as its cause'
        WHEN r.points_revoked <> coalesce(m.points_revoked, 0)
            THEN format('points_revoked are %%s, its entries revoked %%s',
                r.points_revoked, coalesce(m.points_revoked, 0))
        WHEN r.points_to_debt <> coalesce(m.points_to_debt, 0)
            THEN format('points_to_debt are %%s, its entries made %%s',
                r.points_to_debt, coalesce(m.points_to_debt, 0))
        WHEN r.reason <> m.kind OR r.reason <> m.other_kind
            THEN 'reason differs from the kind of its entry'
        WHEN r.applied_at <> m.posted_at THEN 'applied_at differs from that of its entry'
        WHEN r.occurred_at <> m.occurred_at THEN 'occurred_at differs from that of its entry'
        WHEN r.status = 'waiting' AND c.charge_id IS NOT NULL
            THEN 'it waits for a charge that has come'
        WHEN (r.status IN ('applied', 'rejected') OR r.applied_at IS NOT NULL)
            AND c.charge_id IS NULL THEN 'its charge is missing'
        WHEN r.applied_at IS NULL
            AND (m.refund_id IS NOT NULL OR r.points_from_review + r.points_lapsed > 0)
            THEN 'it took points and was not applied'
        WHEN coalesce(b.points, 0) <> CASE WHEN r.status = 'reversed'
            THEN r.points_revoked + r.points_to_debt ELSE 0 END
            THEN format('its reversal gave %%s points back, it had taken %%s',
                coalesce(b.points, 0), r.points_revoked + r.points_to_debt)
        WHEN coalesce(b.kept, 0) <> r.kept_earned
            THEN format('kept_earned is %%s, its entries kept %%s',
                r.kept_earned, coalesce(b.kept, 0))
        WHEN r.reversed_at <> b.posted_at THEN 'reversed_at differs from that of its entry'
        WHEN r.points_from_declined > r.points_from_review
            THEN 'more came from what was declined than from review'
        WHEN r.applied_at <> greatest(r.received_at, c.posted_at)
            THEN 'applied_at is neither when it was received nor when its charge came'
        WHEN c.terms <> m.terms THEN 'its entry was made under other terms than its charge'
        WHEN r.points_lapsed > 0 AND r.points_lapsed > coalesce(s.points, 0) + coalesce(
            CASE WHEN l.expires_at <= r.applied_at THEN l.points END, 0) + (
                SELECT coalesce(sum(n.points), 0) FROM inherited i
                JOIN loyalty_lot n ON n.subscriber_id = i.subscriber_id AND n.number = i.lot
                WHERE i.subscriber_id = c.subscriber_id AND i.charge_id = c.charge_id
                    AND (n.expires_at <= r.applied_at OR n.remaining < n.points)
            )
            THEN format('points_lapsed are %%s, its charge''s lot lost %%s',
                r.points_lapsed, coalesce(s.points, 0))
    END AS differs
    FROM loyalty_refund r
    FULL JOIN made m ON m.subscriber_id = r.subscriber_id AND m.refund_id = r.refund_id
    LEFT JOIN restored b ON b.subscriber_id = r.subscriber_id AND b.refund_id = r.refund_id
    LEFT JOIN loyalty_charge c ON c.subscriber_id = r.subscriber_id AND c.charge_id = r.charge_id
    LEFT JOIN swept s ON s.subscriber_id = c.subscriber_id AND s.lot = c.lot
    LEFT JOIN loyalty_lot l ON l.subscriber_id = c.subscriber_id AND l.number = c.lot
)
SELECT 'refund' AS relation, subscriber_id, refund_id AS row, differs
FROM checked WHERE differs IS NOT NULL
