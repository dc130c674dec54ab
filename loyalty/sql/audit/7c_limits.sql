-- Above which value two persons have to agree is what the terms of the payout say.
SELECT 'payout' AS relation, p.subscriber_id, p.id::text AS row,
    format(
        'four_eyes_above_minor is %%s, its terms say %%s',
        p.four_eyes_above_minor, t.four_eyes_above_minor
    ) AS differs
FROM loyalty_payout p JOIN terms t ON t.number = p.terms
WHERE p.four_eyes_above_minor <> t.four_eyes_above_minor
