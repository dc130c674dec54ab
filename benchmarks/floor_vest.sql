-- The floor of vesting: every referral that can be judged by :now is judged, and its bonus
-- requested, by one statement. It knows one version of the terms, and takes nothing back.
WITH judged AS MATERIALIZED (
    SELECT
        r.id, r.referral_id, r.status AS before, r.inviter_id, r.invitee_id,
        s.external_id AS invitee, w.ends_at,
        CASE
            WHEN p.ends_at < least(w.ends_at, %(now)s) THEN 'invitee_left'
            WHEN w.ends_at <= %(now)s AND (
                SELECT coalesce(sum(c.amount_minor - c.refunded_minor), 0) FROM loyalty_charge c
                WHERE c.subscriber_id = r.invitee_id
                    AND c.occurred_at >= s.activated_at AND c.occurred_at < w.ends_at
            ) < 150000 THEN 'arpu_not_reached'
            ELSE ''
        END AS reason
    FROM referrals_referral r
    JOIN accounts_subscriber s ON s.id = r.invitee_id
    CROSS JOIN LATERAL (
        SELECT (s.activated_at AT TIME ZONE 'Europe/Moscow' + interval '3 months')
            AT TIME ZONE 'Europe/Moscow' AS ends_at
    ) w
    JOIN accounts_statusperiod p ON p.subscriber_id = r.invitee_id AND p.status = 'active'
        AND p.starts_at <= s.activated_at AND (p.ends_at IS NULL OR p.ends_at > s.activated_at)
    WHERE r.status = 'joined'
        AND (w.ends_at <= %(now)s OR p.ends_at < w.ends_at OR w.ends_at <> r.window_ends_at)
        OR r.status = 'expired' AND r.reason = 'arpu_not_reached'
        AND w.ends_at <= %(now)s AND w.ends_at + interval '6 months' > %(now)s
),

decided AS (
    SELECT j.*, i.external_id AS inviter, gen_random_uuid() AS payout_id,
        j.reason = '' AS qualifies, (row_number() OVER (PARTITION BY j.reason = '') - 1) / 500 AS page
    FROM judged j JOIN accounts_subscriber i ON i.id = j.inviter_id
    WHERE j.before = 'joined' OR j.reason = ''
),

referrals AS (
    UPDATE referrals_referral r SET
        status = CASE WHEN d.reason = '' THEN 'qualified' ELSE 'expired' END,
        reason = d.reason, window_ends_at = d.ends_at, decided_at = %(now)s
    FROM decided d WHERE r.id = d.id
),

payouts AS (
    INSERT INTO loyalty_payout (
        id, subscriber_id, kind, status, points, value_minor, cause_type, cause_id, terms, parts,
        depends_on_id, four_eyes_above_minor, proposed_verdict, reasons, caps_waived,
        requested_at
    )
    SELECT
        payout_id, inviter_id, 'referral_bonus', 'requested', 30000, 30000, 'referral',
        referral_id, 1, 3, invitee_id, 300000, '', '[]', false, %(now)s
    FROM decided WHERE reason = ''
)

INSERT INTO outbox_event (name, items, announced_at)
SELECT
    CASE WHEN qualifies THEN 'referral.qualified' ELSE 'referral.expired' END,
    jsonb_agg(
        jsonb_build_object(
            'referral_id', referral_id, 'inviter_id', inviter, 'invitee_id', invitee
        ) || CASE WHEN qualifies THEN '{}' ELSE jsonb_build_object('reason', reason) END
    ),
    %(now)s
FROM decided GROUP BY qualifies, page
UNION ALL
SELECT
    'payout.requested',
    jsonb_agg(jsonb_build_object(
        'payout_id', payout_id, 'subscriber_id', inviter, 'kind', 'referral_bonus',
        'value', '300.00'
    )),
    %(now)s
FROM decided WHERE reason = '' GROUP BY page;
