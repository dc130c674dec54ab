-- What a screen asks about, of subscribers :first to :last: everybody has a phone number, a card
-- and a device of their own; twenty share an IP address; of ten, two share an address, and two others a
-- second device; everybody is behind the address of one carrier.
-- Of four, the first has invited the others, who stayed and paid.
CREATE TEMPORARY TABLE member ON COMMIT DROP AS
SELECT s.id, row_number() OVER (ORDER BY s.id) AS n, s.external_id
FROM accounts_subscriber s
WHERE s.external_id BETWEEN 'S' || lpad(%(first)s::text, 9, '0')
    AND 'S' || lpad(%(last)s::text, 9, '0');

CREATE TEMPORARY TABLE seen ON COMMIT DROP AS
SELECT m.id AS subscriber_id, k.kind,
    sha256(convert_to(
        k.kind || '/' || CASE WHEN k.owner = 'carrier' THEN '' ELSE %(first)s::text END
        || '/' || k.owner, 'UTF8'
    )) AS digest
FROM member m
CROSS JOIN LATERAL (
    VALUES
        ('phone', m.n::text),
        ('card', m.n::text),
        ('device', m.n::text),
        ('address', (m.n - (m.n %% 10 = 5)::int)::text),
        ('ip', (m.n / 20)::text),
        ('ip', 'carrier')
) AS k (kind, owner)
UNION ALL
SELECT m.id, 'device',
    sha256(convert_to('tablet/' || %(first)s || '/' || (m.n / 10), 'UTF8'))
FROM member m WHERE m.n %% 10 < 2;

INSERT INTO accounts_identifier (kind, digest, key_id, hint, country, region)
SELECT DISTINCT kind, digest, 1, '', CASE WHEN kind IN ('ip', 'phone') THEN 'RU' ELSE '' END, ''
FROM seen
ON CONFLICT (kind, digest) DO NOTHING;

INSERT INTO accounts_identifieruse (identifier_id, subscriber_id, first_seen_at, last_seen_at)
SELECT i.id, v.subscriber_id,
    '2026-01-01Z'::timestamptz + v.subscriber_id %% 300 * interval '1 day', '2026-10-31Z'
FROM seen v JOIN accounts_identifier i USING (kind, digest)
ORDER BY i.id, v.subscriber_id;

UPDATE accounts_subscriber s SET msisdn_id = i.id
FROM seen v JOIN accounts_identifier i USING (kind, digest)
WHERE s.id = v.subscriber_id AND v.kind = 'phone';

INSERT INTO referrals_referral (
    referral_id, inviter_id, invitee_id, status, reason, terms, joined_at, month,
    window_ends_at, fingerprint, reported_at, decided_at
)
SELECT 'R' || e.external_id, i.id, e.id, 'qualified', '', 1, '2026-06-02Z', '2026-06-01',
    '2026-09-01Z', '', '2026-06-02Z', '2026-09-02Z'
FROM member i JOIN member e ON e.n BETWEEN i.n + 1 AND i.n + 3
WHERE i.n %% 4 = 1;
