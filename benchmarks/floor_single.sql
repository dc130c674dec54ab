-- The floor of posting one charge: what post_charges reads and writes for it, as one function.
-- It knows no terms, caps, tiers or refunds.
CREATE FUNCTION bench_post_charge(
    the_external_id text, the_charge_id text, the_amount bigint, the_kind text,
    the_occurred_at timestamptz, the_now timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    book record;
    kept record;
    points_earned bigint := the_amount / 100;
    local_at timestamp := the_occurred_at AT TIME ZONE 'Europe/Moscow';
    the_month date := date_trunc('month', local_at)::date;
    the_digest bytea;
    meaning bytea := decode(
        md5(the_amount || '|' || the_kind || '|' || extract(epoch FROM the_occurred_at)), 'hex'
    );
BEGIN
    SELECT w.* INTO book
    FROM accounts_subscriber s JOIN loyalty_wallet w ON w.subscriber_id = s.id
    WHERE s.external_id = the_external_id
    FOR NO KEY UPDATE OF w;

    SELECT c.fingerprint, c.points_earned INTO kept FROM loyalty_charge c
    WHERE c.subscriber_id = book.subscriber_id AND c.charge_id = the_charge_id;
    IF FOUND THEN
        RETURN kept.points_earned;
    END IF;

    the_digest := sha256(book.last_digest || convert_to(
        book.subscriber_id || '|' || book.last_number + 1 || '|accrual|issued|available|'
        || points_earned || '|' || (extract(epoch FROM the_occurred_at) * 1000000)::bigint || '|'
        || (extract(epoch FROM the_now) * 1000000)::bigint || '|1|'
        || book.available + points_earned || '|None|charge|' || the_charge_id, 'UTF8'
    ));

    INSERT INTO loyalty_charge (
        subscriber_id, charge_id, amount_minor, kind, occurred_at, month, fingerprint, tier,
        terms, points_earned, points_in_review, points_to_debt, lot, posted_at, refunded_minor,
        points_waiting
    ) VALUES (
        book.subscriber_id, the_charge_id, the_amount, the_kind, the_occurred_at, the_month,
        meaning, book.tier, 1, points_earned, 0, 0, book.last_number + 1, the_now, 0, 0
    );
    INSERT INTO loyalty_entry (
        subscriber_id, number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, digest
    ) VALUES (
        book.subscriber_id, book.last_number + 1, 'accrual', 'issued', 'available',
        points_earned, 'charge', the_charge_id, the_occurred_at, the_now, 1,
        book.available + points_earned, the_digest
    );
    INSERT INTO loyalty_lot (subscriber_id, number, points, remaining, expires_at) VALUES (
        book.subscriber_id, book.last_number + 1, points_earned, points_earned,
        (date_trunc('day', local_at) + interval '1 year 1 day') AT TIME ZONE 'Europe/Moscow'
    );
    INSERT INTO loyalty_subscribermonth AS m (
        subscriber_id, month, revenue_minor, points_earned, benefit_minor, points_redeemed
    ) VALUES (book.subscriber_id, the_month, the_amount, points_earned, points_earned, 0)
    ON CONFLICT (subscriber_id, month) DO UPDATE SET
        revenue_minor = m.revenue_minor + excluded.revenue_minor,
        points_earned = m.points_earned + excluded.points_earned,
        benefit_minor = m.benefit_minor + excluded.benefit_minor;
    INSERT INTO outbox_event (name, items, announced_at) VALUES (
        'points.accrued',
        jsonb_build_array(jsonb_build_object(
            'subscriber_id', the_external_id, 'charge_id', the_charge_id,
            'points', points_earned, 'points_to_debt', 0, 'occurred_at', the_occurred_at
        )),
        the_now
    );
    UPDATE loyalty_wallet w SET
        available = w.available + points_earned, issued = w.issued + points_earned,
        last_number = w.last_number + 1, last_digest = the_digest, last_posted_at = the_now,
        benefit_life_minor = w.benefit_life_minor + points_earned
    WHERE w.subscriber_id = book.subscriber_id;
    RETURN points_earned;
END
$$;
