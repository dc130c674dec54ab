-- Every row stands under a wallet; the replay looks for entries, lots and draws without one.
SELECT found.relation, found.subscriber_id, found.row, 'its subscriber has no wallet' AS differs
FROM (
    SELECT 'charge' AS relation, subscriber_id, charge_id AS row FROM loyalty_charge
    UNION ALL SELECT 'refund', subscriber_id, refund_id FROM loyalty_refund
    UNION ALL SELECT 'redemption', subscriber_id, redemption_id FROM loyalty_redemption
    UNION ALL SELECT 'instalment', subscriber_id, payout_id || '/' || number
        FROM loyalty_instalment
    UNION ALL SELECT 'subscribermonth', subscriber_id, to_char(month, 'YYYY-MM')
        FROM loyalty_subscribermonth
    UNION ALL SELECT 'tierchange', subscriber_id, starts_at::text FROM loyalty_tierchange
) found
WHERE NOT EXISTS (SELECT 1 FROM loyalty_wallet w WHERE w.subscriber_id = found.subscriber_id)
