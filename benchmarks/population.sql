-- Subscribers :first to :last, each with an open wallet that nothing has happened to.
WITH subscribers AS (
    INSERT INTO accounts_subscriber (
        external_id, status, activated_at, msisdn_country, plan, region,
        phone_verified, identity_verified, created_at, updated_at
    )
    SELECT
        'S' || lpad(n::text, 9, '0'), 'active', '2020-01-01Z', 'RU', 'Unlimited', 'Moscow',
        true, true, '2020-01-01Z', '2020-01-01Z'
    FROM generate_series(%(first)s, %(last)s) n
    RETURNING id
)

INSERT INTO loyalty_wallet (
    subscriber_id, pending, available, reserved, debt, issued, redeemed, expired, revoked,
    last_number, last_digest, benefit_life_minor, waiting_refunds, tier, tier_evaluated_for, opened_at
)
SELECT id, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 'bronze', '2026-11-01', '2020-01-01Z'
FROM subscribers;
