-- Subscribers :first to :last, each invited by one of the subscribers 1 to :inviters, active for
-- :days days by :now unless they left, with a bill at the end of each of three months.
-- Of ten, five bring what a bonus asks of them, three don't, and two have left.
WITH invitee AS (
    SELECT
        n, 'S' || lpad(n::text, 9, '0') AS external_id,
        n %% 10 >= 8 AND %(some_left)s AS has_left,
        CASE WHEN n %% 10 < 5 THEN 60000 ELSE 30000 END AS amount_minor,
        %(now)s::timestamptz - (%(days)s - n %% 25) * interval '1 day' AS activated_at
    FROM generate_series(%(first)s, %(last)s) n
),

subscribers AS (
    INSERT INTO accounts_subscriber (
        external_id, status, activated_at, closed_at, msisdn_country, plan, region,
        phone_verified, identity_verified, created_at, updated_at
    )
    SELECT
        external_id, CASE WHEN has_left THEN 'closed' ELSE 'active' END, activated_at,
        CASE WHEN has_left THEN activated_at + interval '40 days' END, 'RU', 'Unlimited', 'Moscow',
        true, true, activated_at, activated_at
    FROM invitee
    RETURNING id, external_id
),

known AS (
    SELECT s.id, i.* FROM subscribers s JOIN invitee i USING (external_id)
),

wallets AS (
    INSERT INTO loyalty_wallet (
        subscriber_id, pending, available, reserved, debt, issued, redeemed, expired, revoked,
        last_number, last_digest, benefit_life_minor, waiting_refunds, tier, opened_at
    )
    SELECT id, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 'bronze', activated_at FROM known
),

periods AS (
    INSERT INTO accounts_statusperiod (subscriber_id, status, starts_at, ends_at)
    SELECT
        id, 'active', activated_at,
        CASE WHEN has_left THEN activated_at + interval '40 days' END
    FROM known
    UNION ALL
    SELECT id, 'closed', activated_at + interval '40 days', NULL FROM known WHERE has_left
),

charges AS (
    INSERT INTO loyalty_charge (
        subscriber_id, charge_id, amount_minor, kind, occurred_at, month, fingerprint, tier,
        terms, points_earned, points_in_review, points_to_debt, lot, posted_at, refunded_minor,
        points_waiting
    )
    SELECT
        id, 'bill-' || k, amount_minor, 'service', at, date_trunc('month', at)::date,
        substr(sha256(convert_to(id || '/' || k, 'UTF8')), 1, 16), 'bronze', 1, 0, 0, 0, NULL, at,
        0, 0
    FROM known
    CROSS JOIN generate_series(1, 3) k
    CROSS JOIN LATERAL (SELECT activated_at + (k * 28 - 1) * interval '1 day' AS at) bill
)

INSERT INTO referrals_referral (
    referral_id, inviter_id, invitee_id, status, reason, terms, joined_at, month,
    window_ends_at, fingerprint, reported_at
)
SELECT
    'R' || k.n, i.id, k.id, 'joined', '', 1, k.activated_at,
    date_trunc('month', k.activated_at AT TIME ZONE 'Europe/Moscow')::date,
    (k.activated_at AT TIME ZONE 'Europe/Moscow' + interval '3 months')
        AT TIME ZONE 'Europe/Moscow',
    substr(sha256(convert_to('R' || k.n, 'UTF8')), 1, 16), k.activated_at
FROM known k
JOIN accounts_subscriber i ON i.external_id = 'S' || lpad((1 + k.n %% %(inviters)s)::text, 9, '0')
ORDER BY k.n;
