"""Digests have a key from here on, and wallets and lots change only as entries say.

Web servers and workers of the version before must have stopped: what they would write after
this has a digest without a key, which the audit reports.
"""

import django.db.models.deletion
from django.db import migrations, models

UNKEYED = """
INSERT INTO loyalty_unkeyedchain (subscriber_id, last_number)
SELECT subscriber_id, last_number FROM loyalty_wallet WHERE last_number > 0
"""

# A function's plan is kept for as long as its connection, and may have been made for one row in
# empty tables. So none of the functions below leaves a choice: rows of two transition tables
# meet by a hash, and everything else is looked up by an index, row by row, in a subquery that
# counts or adds up and can't become a join.

# The entries between a wallet's number before and after must exist, end with its digest, and
# move its balances as far as they moved.
WALLETS = """
CREATE FUNCTION loyalty_refuse_wallet_without_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.subscriber_id INTO wrong
    FROM now_is n LEFT JOIN was o ON o.subscriber_id = n.subscriber_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS entries,
            bool_or(
                e.number = n.last_number AND e.digest = n.last_digest
                AND e.posted_at = n.last_posted_at
            ) AS is_last,
            coalesce(sum(CASE 'pending' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS pending,
            coalesce(sum(CASE 'available' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS available,
            coalesce(sum(CASE 'reserved' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS reserved,
            coalesce(sum(CASE 'debt' WHEN e.source THEN e.points
                WHEN e.destination THEN -e.points END), 0) AS debt,
            coalesce(sum(CASE 'issued' WHEN e.source THEN e.points
                WHEN e.destination THEN -e.points END), 0) AS issued,
            coalesce(sum(CASE 'redeemed' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS redeemed,
            coalesce(sum(CASE 'expired' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS expired,
            coalesce(sum(CASE 'revoked' WHEN e.destination THEN e.points
                WHEN e.source THEN -e.points END), 0) AS revoked
        FROM loyalty_entry e
        WHERE e.subscriber_id = n.subscriber_id
            AND e.number > o.last_number AND e.number <= n.last_number
    ) moved
    WHERE o.subscriber_id IS NULL
        OR (n.last_number, n.last_digest, n.last_posted_at) IS DISTINCT FROM
            (o.last_number, o.last_digest, o.last_posted_at)
            AND (moved.entries <> n.last_number - o.last_number OR moved.is_last IS NOT TRUE)
        OR n.pending <> o.pending + moved.pending
        OR n.available <> o.available + moved.available
        OR n.reserved <> o.reserved + moved.reserved
        OR n.debt <> o.debt + moved.debt
        OR n.issued <> o.issued + moved.issued
        OR n.redeemed <> o.redeemed + moved.redeemed
        OR n.expired <> o.expired + moved.expired
        OR n.revoked <> o.revoked + moved.revoked
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the wallet of % changes without entries that say so', wrong
            USING ERRCODE = 'restrict_violation', HINT = 'Write the entries first.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER loyalty_wallet_follows_its_entries
AFTER UPDATE ON loyalty_wallet REFERENCING OLD TABLE AS was NEW TABLE AS now_is
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_wallet_without_entries();

CREATE FUNCTION loyalty_refuse_wallet_with_a_past() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the wallet of % begins with points or entries', NEW.subscriber_id
        USING ERRCODE = 'restrict_violation', HINT = 'A wallet is opened empty.';
END
$$;
CREATE TRIGGER loyalty_wallet_is_opened_empty
AFTER INSERT ON loyalty_wallet FOR EACH ROW
WHEN (
    (NEW.pending, NEW.available, NEW.reserved, NEW.debt, NEW.issued, NEW.redeemed, NEW.expired,
        NEW.revoked, NEW.last_number) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
    OR NEW.last_digest <> ''
)
EXECUTE FUNCTION loyalty_refuse_wallet_with_a_past();
"""

# A lot holds what its entry credited, less what entries drew from it and no later entry took
# back.
LOTS = """
CREATE FUNCTION loyalty_refuse_lot_without_entry() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    wrong text;
BEGIN
    SELECT n.number || ' of ' || n.subscriber_id INTO wrong
    FROM now_is n
    WHERE 1 <> (
        SELECT count(*) FROM loyalty_entry e
        WHERE e.subscriber_id = n.subscriber_id AND e.number = n.number
            AND e.destination = 'available' AND e.points = n.points
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'no entry opens lot %', wrong
            USING ERRCODE = 'restrict_violation', HINT = 'Write the entry first.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER loyalty_lot_is_opened_by_its_entry
AFTER INSERT ON loyalty_lot REFERENCING NEW TABLE AS now_is
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_lot_without_entry();

CREATE FUNCTION loyalty_refuse_lot_without_draws() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off AS $$
DECLARE
    wrong text;
BEGIN
    SELECT n.number || ' of ' || n.subscriber_id INTO wrong
    FROM now_is n
    LEFT JOIN was o ON o.subscriber_id = n.subscriber_id AND o.number = n.number
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(d.points), 0) AS points FROM loyalty_lotdraw d
        WHERE d.subscriber_id = n.subscriber_id AND d.entry > n.number AND d.lot = n.number
            AND 0 = (
                SELECT count(*) FROM loyalty_entry e
                WHERE e.subscriber_id = d.subscriber_id AND e.reverses = d.entry
            )
    ) drawn
    WHERE n.remaining <> n.points - drawn.points
        OR (n.points, n.expires_at) IS DISTINCT FROM (o.points, o.expires_at)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'lot % changes without draws that say so', wrong
            USING ERRCODE = 'restrict_violation', HINT = 'Write the draws first.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER loyalty_lot_follows_its_draws
AFTER UPDATE ON loyalty_lot REFERENCING OLD TABLE AS was NEW TABLE AS now_is
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_lot_without_draws();
"""

DELETIONS = """
CREATE FUNCTION loyalty_refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER loyalty_wallet_is_never_deleted BEFORE DELETE ON loyalty_wallet
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_deletion();
CREATE TRIGGER loyalty_lot_is_never_deleted BEFORE DELETE ON loyalty_lot
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_deletion();
"""

# What two persons have to agree on is decided when a payout is requested. Only what an excess
# of charges collects grows while it waits.
PAYOUTS = """
CREATE FUNCTION loyalty_refuse_change_of_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'payout % keeps its limit and its value', OLD.id
        USING ERRCODE = 'restrict_violation', HINT = 'Request another payout.';
END
$$;
CREATE TRIGGER loyalty_payout_keeps_its_limit
BEFORE UPDATE OF subscriber_id, kind, terms, four_eyes_above_minor, points, value_minor
ON loyalty_payout FOR EACH ROW
WHEN (
    (NEW.subscriber_id, NEW.kind, NEW.terms, NEW.four_eyes_above_minor) IS DISTINCT FROM
        (OLD.subscriber_id, OLD.kind, OLD.terms, OLD.four_eyes_above_minor)
    OR (NEW.points > OLD.points OR NEW.value_minor > OLD.value_minor)
        AND (OLD.kind <> 'cap_excess' OR OLD.status <> 'in_review')
)
EXECUTE FUNCTION loyalty_refuse_change_of_limit();

CREATE FUNCTION loyalty_refuse_change_of_instalment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'instalment % of payout % keeps its value and its day',
        OLD.number, OLD.payout_id
        USING ERRCODE = 'restrict_violation', HINT = 'Request another payout.';
END
$$;
CREATE TRIGGER loyalty_instalment_keeps_its_value
BEFORE UPDATE OF subscriber_id, payout_id, number, due_on, month, points, value_minor
ON loyalty_instalment FOR EACH ROW
WHEN (
    (NEW.subscriber_id, NEW.payout_id, NEW.number, NEW.due_on, NEW.month, NEW.points,
        NEW.value_minor) IS DISTINCT FROM
    (OLD.subscriber_id, OLD.payout_id, OLD.number, OLD.due_on, OLD.month, OLD.points,
        OLD.value_minor)
)
EXECUTE FUNCTION loyalty_refuse_change_of_instalment();
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0019_authors_of_terms")]

    operations = [
        migrations.CreateModel(
            name="UnkeyedChain",
            fields=[
                (
                    "subscriber",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="accounts.subscriber",
                    ),
                ),
                ("last_number", models.IntegerField()),
            ],
        ),
        migrations.RunSQL(UNKEYED, migrations.RunSQL.noop),
        migrations.RunSQL(WALLETS, migrations.RunSQL.noop),
        migrations.RunSQL(LOTS, migrations.RunSQL.noop),
        migrations.RunSQL(DELETIONS, migrations.RunSQL.noop),
        migrations.RunSQL(PAYOUTS, migrations.RunSQL.noop),
    ]
