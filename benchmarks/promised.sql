-- Bonuses :first to :last, cleared, of three instalments each, the first of them due on :day.
-- Inviters are the subscribers :inviters_first to :inviters_last, who have empty wallets;
-- the invitee of each bonus is the subscriber of its number. All have been active for years.
WITH bonus AS (
    SELECT
        gen_random_uuid() AS id, i.id AS inviter_id, s.id AS invitee_id, n,
        row_number() OVER (PARTITION BY i.id ORDER BY n)::int AS place
    FROM generate_series(%(first)s, %(last)s) n
    JOIN accounts_subscriber s ON s.external_id = 'S' || lpad(n::text, 9, '0')
    JOIN accounts_subscriber i ON i.external_id = 'S' || lpad((
        %(inviters_first)s + n %% (%(inviters_last)s - %(inviters_first)s + 1)
    )::text, 9, '0')
),

periods AS (
    INSERT INTO accounts_statusperiod (subscriber_id, status, starts_at)
    SELECT invitee_id, 'active', '2020-01-01Z'::timestamptz FROM bonus
    UNION
    SELECT inviter_id, 'active', '2020-01-01Z' FROM bonus
),

payouts AS (
    INSERT INTO loyalty_payout (
        id, subscriber_id, kind, status, points, value_minor, cause_type, cause_id, terms, parts,
        depends_on_id, four_eyes_above_minor, proposed_verdict, reasons, caps_waived, promise,
        requested_at, decided_at, decided_by
    )
    SELECT
        id, inviter_id, 'referral_bonus', 'cleared', 30000, 30000, 'referral', 'R' || n, 1, 3,
        invitee_id, 300000, '', '[]', false, place, %(day)s, %(day)s, 'screen'
    FROM bonus
),

instalments AS (
    INSERT INTO loyalty_instalment (
        subscriber_id, payout_id, number, due_on, month, points, value_minor, status
    )
    SELECT
        inviter_id, id, k, due_on, date_trunc('month', due_on)::date, 10000, 10000, 'due'
    FROM bonus
    CROSS JOIN generate_series(1, 3) k
    CROSS JOIN LATERAL (
        SELECT (%(day)s::date + (k - 1) * interval '1 month')::date AS due_on
    ) part
)

-- What cleared them is not among the entries: no cost depends on it.
UPDATE loyalty_wallet w SET
    pending = b.points, issued = b.points, last_number = b.number,
    last_digest = sha256(convert_to(b.inviter_id::text, 'UTF8')), last_posted_at = %(day)s
FROM (
    SELECT inviter_id, count(*) * 30000 AS points, max(place) AS number
    FROM bonus GROUP BY inviter_id
) b
WHERE w.subscriber_id = b.inviter_id;
