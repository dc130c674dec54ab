"""The database is the last witness: each of its named constraints is violated once, in SQL."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Identifier, Subscriber
from accounts.operations import record_access
from fraud.models import (
    AnomalyModel,
    AnomalyScore,
    LookAlikeGroup,
    LookAlikeMember,
    RuleSnooze,
)
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.declare_meaningless import declare_meaningless
from fraud.operations.open_cases import NewCase, open_cases
from fraud.operations.request_trials import request_learning
from fraud.operations.screen import screen
from fraud.operations.set_standings import set_standings
from loyalty.ledger.uses import add_use
from loyalty.models import Lot
from loyalty.operations.announce_expiring import announce_expiring
from loyalty.operations.close_month import close_month
from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.policy.gate import Subject
from outbox.models import Attempt, Endpoint, EndpointStep, Message, Replay
from outbox.operations.register_endpoints import register_endpoint
from outbox.operations.try_endpoints import try_endpoint
from privacy.operations.erase_subscriber import erase_subscriber
from tests.books import dump, our_tables, rows
from tests.factories import give_back, give_goodwill, invite, post, register, reserve

pytestmark = pytest.mark.django_db

NULL = None
EMPTY = dict.fromkeys(
    ("pending", "available", "reserved", "debt", "issued", "redeemed", "expired", "revoked"), 0
)
SOON = "2030-01-01T00:00:00Z"
FRESH: dict[str, Any] = {"id": 999_999}
SECOND: dict[str, Any] = {"id": "00000000-0000-0000-0000-000000000001", "month": NULL}
PROPOSED: dict[str, Any] = {
    "number": 9, "status": "proposed", "proposed_at": SOON, "proposed_by": "maker",
}  # fmt: skip
ACTIVE: dict[str, Any] = {
    **PROPOSED, "status": "active", "activated_at": SOON, "activated_by": "checker",
    "effective_from": SOON,
}  # fmt: skip

APPROVED: dict[str, Any] = {
    **PROPOSED, "status": "approved", "approved_at": SOON, "approved_by": "checker",
}  # fmt: skip

# Of what began already, as of the moment of the violation.
WITHDRAWN: dict[str, Any] = {
    "status": "withdrawn", "withdrawn_by": "ann", "withdrawn_at": SOON,
}  # fmt: skip

# By constraint: a table, and what makes a copy of one of its rows impossible.
VIOLATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "identifier_is_known_once_per_kind": ("accounts_identifier", FRESH),
    "identifier_kind_is_a_known_one": ("accounts_identifier", {"kind": "face"}),
    "identifier_with_a_mailbox_is_an_email": ("accounts_identifier", {"mailbox_id": 1}),
    "subscriber_status_is_a_known_one": ("accounts_subscriber", {"status": "asleep"}),
    "subscriber_has_a_closing_exactly_if_closed": ("accounts_subscriber", {"closed_at": SOON}),
    "subscriber_left_before_the_activation": ("accounts_subscriber", {"left_before_at": SOON}),
    "status_period_ends_after_it_starts": (
        "accounts_statusperiod", {"starts_at": SOON, "ends_at": SOON},
    ),
    "status_period_status_is_a_known_one": ("accounts_statusperiod", {"status": "asleep"}),
    "status_periods_do_not_overlap": ("accounts_statusperiod", FRESH),
    "identifier_use_is_kept_once": ("accounts_identifieruse", FRESH),
    "identifier_use_is_seen_last_not_before_first": (
        "accounts_identifieruse", {"first_seen_at": SOON},
    ),
    "identifier_use_that_is_given_up_has_ended": (
        "accounts_identifieruse", {"given_up_at": SOON},
    ),
    "personal_access_has_a_reason": ("accounts_personalaccess", {**FRESH, "reason": ""}),
    "erasure_has_a_basis": (
        "accounts_erasure", {**FRESH, "basis": "", "id_digest": "\\x00", "subscriber_id": 9},
    ),
    "erasure_is_kept_once_per_id": ("accounts_erasure", {**FRESH, "subscriber_id": 9}),
    "terms_status_is_a_known_one": ("loyalty_termsversion", {**PROPOSED, "status": "dreamt"}),
    "terms_are_proposed_by_somebody": ("loyalty_termsversion", {**PROPOSED, "proposed_by": NULL}),
    "terms_are_activated_by_somebody": ("loyalty_termsversion", {**ACTIVE, "activated_by": NULL}),
    "terms_are_activated_by_a_second_person": (
        "loyalty_termsversion", {**ACTIVE, "activated_by": "maker"},
    ),
    "terms_are_activated_by_none_of_their_authors": (
        "loyalty_termsversion", {**ACTIVE, "authors": "{ann,checker}"},
    ),
    "terms_begin_at_different_moments": (
        "loyalty_termsversion", {**ACTIVE, "effective_from": "1970-01-01T00:00:00Z"},
    ),
    "terms_are_withdrawn_before_they_begin": ("loyalty_termsversion", {**ACTIVE, **WITHDRAWN}),
    "wallet_books_close": ("loyalty_wallet", {**EMPTY, "available": 1}),
    "wallet_available_is_not_negative": (
        "loyalty_wallet", {**EMPTY, "available": -1, "pending": 1},
    ),
    "wallet_issued_is_not_negative": ("loyalty_wallet", {**EMPTY, "issued": -1, "debt": 1}),
    "wallet_debt_is_not_negative": ("loyalty_wallet", {**EMPTY, "issued": 1, "debt": -1}),
    **{
        f"wallet_{account}_is_not_negative": (
            "loyalty_wallet", {**EMPTY, account: -1, "available": 1},
        )
        for account in ("pending", "reserved", "redeemed", "expired", "revoked")
    },
    "wallet_last_number_is_not_negative": ("loyalty_wallet", {"last_number": -1}),
    "wallet_benefit_life_minor_is_not_negative": ("loyalty_wallet", {"benefit_life_minor": -1}),
    "wallet_waiting_refunds_is_not_negative": ("loyalty_wallet", {"waiting_refunds": -1}),
    "wallet_tier_is_a_known_one": ("loyalty_wallet", {"tier": "tin"}),
    "entry_moves_points": ("loyalty_entry", {"points": 0}),
    "entry_numbers_start_at_one": ("loyalty_entry", {"number": 0}),
    "entry_leaves_no_balance_below_zero": ("loyalty_entry", {"available_after": -1}),
    "entry_moves_along_a_known_path": ("loyalty_entry", {"destination": "revoked"}),
    "entry_reverses_an_earlier_one": ("loyalty_entry", {"number": 7, "reverses": 7}),
    "entry_is_reversed_at_most_once": ("loyalty_entry", {"number": 90, "reverses": 1}),
    "entry_has_a_whole_digest": ("loyalty_entry", {"digest": "\\x00"}),
    "lot_is_opened_with_points": ("loyalty_lot", {"points": 0, "remaining": 0}),
    "lot_remaining_is_between_none_and_all": ("loyalty_lot", {"remaining": -1}),
    "lot_draw_takes_points": ("loyalty_lotdraw", {"points": 0}),
    "lot_draw_is_later_than_its_lot": ("loyalty_lotdraw", {"lot": 90, "entry": 90}),
    "charge_has_an_amount": ("loyalty_charge", {"amount_minor": 0, "refunded_minor": 0}),
    "charge_is_refunded_at_most_whole": ("loyalty_charge", {"refunded_minor": 10**9}),
    "charge_waits_with_at_most_what_was_sent_to_review": (
        "loyalty_charge", {"points_waiting": 10**15},
    ),
    "charge_pays_debt_from_what_it_earned": ("loyalty_charge", {"points_to_debt": 10**9}),
    "charge_kind_is_a_known_one": ("loyalty_charge", {"kind": "gift"}),
    "refund_has_an_amount": ("loyalty_refund", {"amount_minor": 0}),
    "refund_is_applied_at_some_moment": ("loyalty_refund", {"applied_at": NULL}),
    "refund_is_reversed_at_some_moment": ("loyalty_refund", {"kept_earned": 1}),
    "refund_that_was_reversed_keeps_at_most_a_point": (
        "loyalty_refund",
        {
            "status": "reversed",
            "reversed_at": "2026-04-01Z",
            "reversal_occurred_at": "2026-04-01Z",
            "kept_earned": 2,
        },
    ),
    "refund_status_is_a_known_one": ("loyalty_refund", {"status": "lost", "applied_at": NULL}),
    **{
        f"refund_{name}_is_not_negative": ("loyalty_refund", {name: -1})
        for name in (
            "points_from_review",
            "points_revoked",
            "points_lapsed",
            "points_to_debt",
            "points_from_declined",
        )
    },
    **{
        f"subscriber_month_{name}_is_not_negative": ("loyalty_subscribermonth", {name: -1})
        for name in ("revenue_minor", "points_earned", "benefit_minor", "points_redeemed")
    },
    "subscriber_month_is_its_first_day": ("loyalty_subscribermonth", {"month": "2026-03-02"}),
    "tier_change_tier_is_a_known_one": ("loyalty_tierchange", {"tier": "tin"}),
    "daily_use_used_minor_is_not_negative": ("loyalty_dailyuse", {"used_minor": -1}),
    "daily_use_is_of_a_known_kind": ("loyalty_dailyuse", {"use": "gifts"}),
    "payout_points_is_not_negative": ("loyalty_payout", {"points": -1}),
    "payout_value_minor_is_not_negative": ("loyalty_payout", {"value_minor": -1}),
    "payout_status_is_a_known_one": ("loyalty_payout", {"status": "lost"}),
    "payout_kind_is_a_known_one": ("loyalty_payout", {"kind": "gift"}),
    "payout_of_excess_collects_in_one_per_month": (
        "loyalty_payout", {"id": "00000000-0000-0000-0000-000000000001"},
    ),
    "payout_has_a_part": ("loyalty_payout", {"parts": 0}),
    "payout_is_cleared_by_somebody_and_promised": (
        "loyalty_payout", {**SECOND, "status": "cleared"},
    ),
    "payout_above_the_limit_is_cleared_by_two": (
        "loyalty_payout",
        {
            **SECOND, "status": "paid", "promise": 1, "decided_at": SOON, "decided_by": "ann",
            "maker": "ann", "checker": "ann", "value_minor": 300_001,
            "four_eyes_above_minor": 300_000,
        },
    ),
    "payout_is_requested_once_per_cause": (
        "loyalty_payout", {**SECOND, "kind": "goodwill", "cause_id": "twice"},
    ),
    "instalment_value_minor_is_not_negative": ("loyalty_instalment", {"value_minor": -1}),
    "instalment_has_points": ("loyalty_instalment", {"points": 0}),
    "instalment_moments_fit_its_status": ("loyalty_instalment", {"status": "cancelled"}),
    "instalment_month_is_its_first_day": ("loyalty_instalment", {"month": "2026-03-02"}),
    "referral_has_one_inviter": ("referrals_referral", {**FRESH, "referral_id": "other"}),
    "referral_is_of_somebody_else": ("referrals_referral", {"invitee_id": "inviter"}),
    "referral_status_is_a_known_one": ("referrals_referral", {"status": "lost"}),
    "referral_expires_for_a_reason": (
        "referrals_referral", {"status": "expired", "decided_at": SOON},
    ),
    "referral_is_decided_at_some_moment": ("referrals_referral", {"status": "qualified"}),
    "referral_month_is_its_first_day": ("referrals_referral", {"month": "2026-03-02"}),
    "redemption_takes_points": ("loyalty_redemption", {"points": 0}),
    "redemption_status_is_a_known_one": ("loyalty_redemption", {"status": "lost"}),
    "redemption_is_settled_by_an_entry": ("loyalty_redemption", {"settlement": 3}),
    "redemption_gives_points_back_at_some_moment": ("loyalty_redemption", {"returned_at": SOON}),
    "rule_set_status_is_a_known_one": ("fraud_rulesetversion", {**PROPOSED, "status": "dreamt"}),
    "rule_set_is_proposed_by_somebody": (
        "fraud_rulesetversion", {**PROPOSED, "proposed_by": NULL},
    ),
    "rule_set_is_approved_by_somebody": (
        "fraud_rulesetversion", {**APPROVED, "approved_by": NULL},
    ),
    "rule_set_is_approved_by_a_second_person": (
        "fraud_rulesetversion", {**APPROVED, "approved_by": "maker"},
    ),
    "rule_set_is_approved_by_none_of_its_authors": (
        "fraud_rulesetversion", {**APPROVED, "authors": "{ann,checker}"},
    ),
    "rule_set_in_shadow_is_proposed": (
        "fraud_rulesetversion", {**APPROVED, "shadow_since_at": SOON, "shadow_since_by": "ann"},
    ),
    "rule_sets_go_live_at_different_moments": (
        "fraud_rulesetversion", {**APPROVED, "approved_at": "1970-01-01T00:00:00Z"},
    ),
    "rule_sets_start_at_different_moments": (
        "fraud_rulesetversion", {**APPROVED, "starts_at": "1970-01-01T00:00:00Z"},
    ),
    "rule_set_is_withdrawn_before_it_starts": (
        "fraud_rulesetversion", {**APPROVED, **WITHDRAWN, "starts_at": SOON},
    ),
    "assessment_subject_is_of_a_known_type": ("fraud_assessment", {"subject_type": "dream"}),
    "assessment_band_is_a_known_one": ("fraud_assessment", {"band": "odd"}),
    "assessment_outcome_is_a_known_one": ("fraud_assessment", {"outcome": "odd"}),
    "assessment_score_is_not_negative": ("fraud_assessment", {"score_millionths": -1}),
    "case_is_open_once_per_subject": ("fraud_case", FRESH),
    "case_queue_is_a_known_one": ("fraud_case", {"queue": "lost"}),
    "case_status_is_a_known_one": ("fraud_case", {"status": "lost"}),
    "case_band_is_a_known_one": ("fraud_case", {"band": "odd"}),
    "case_is_claimed_by_somebody_exactly_if_claimed": ("fraud_case", {"claimed_by": "ann"}),
    "case_has_an_end_of_its_snooze_exactly_if_snoozed": ("fraud_case", {"status": "snoozed"}),
    "case_is_decided_by_somebody_exactly_if_closed": ("fraud_case", {"status": "closed"}),
    "identifier_is_blocked_once": ("fraud_blockedidentifier", FRESH),
    "meaningless_identifier_has_a_reason": (
        "fraud_meaninglessidentifier", {"reason": ""},
    ),
    "block_expires_after_it_begins": (
        "fraud_blockedidentifier", {"expires_at": "1970-01-01T00:00:00Z"},
    ),
    "block_is_lifted_by_somebody": ("fraud_blockedidentifier", {"lifted_at": SOON}),
    "standing_is_a_known_one": ("fraud_subscriberstanding", {"standing": "odd"}),
    "rule_snooze_ends_after_it_begins": ("fraud_rulesnooze", {"until": "1970-01-01T00:00:00Z"}),
    "rule_snooze_is_ended_by_somebody": ("fraud_rulesnooze", {"ended_at": SOON}),
    "trial_kind_is_a_known_one": ("fraud_trial", {"kind": "dream"}),
    "trial_status_is_a_known_one": ("fraud_trial", {"status": "odd"}),
    "trial_window_ends_after_it_begins": ("fraud_trial", {"until": "1970-01-01T00:00:00Z"}),
    "trial_is_leased_exactly_if_it_runs": ("fraud_trial", {"leased_until": SOON}),
    "trial_has_a_result_exactly_if_it_is_done": ("fraud_trial", {"result": {}}),
    "trial_says_why_exactly_if_it_failed": ("fraud_trial", {"failure": "x"}),
    "trial_is_drafted_by_somebody": ("fraud_trial", {"drafted_by": "ann"}),
    "anomaly_model_is_fitted_once_a_day": ("fraud_anomalymodel", {"version": 999}),
    "anomaly_model_kind_is_a_known_one": ("fraud_anomalymodel", {"kind": "dream"}),
    "anomaly_model_is_fitted_on_somebody": ("fraud_anomalymodel", {"sample_size": 0}),
    "anomaly_model_has_a_whole_digest": ("fraud_anomalymodel", {"artefact_sha256": "\\x00"}),
    "anomaly_score_kind_is_a_known_one": ("fraud_anomalyscore", {"kind": "dream"}),
    "anomaly_score_is_a_percentile": ("fraud_anomalyscore", {"percentile_thousandths": 100_001}),
    "look_alike_groups_of_a_run_are_numbered": ("fraud_lookalikegroup", FRESH),
    "look_alike_group_is_of_several": ("fraud_lookalikegroup", {"size": 1}),
    "look_alike_spread_is_not_negative": ("fraud_lookalikegroup", {"spread_thousandths": -1}),
    "expiry_notice_is_a_known_one": ("loyalty_expirynotice", {"days": 8}),
    "endpoint_status_is_a_known_one": (
        "outbox_endpoint", {**FRESH, "webhook_id": "other", "status": "odd"},
    ),
    "endpoint_has_a_moment_exactly_if_disabled": (
        "outbox_endpoint", {**FRESH, "webhook_id": "other", "status": "disabled"},
    ),
    "endpoint_keeps_a_former_secret_until_some_moment": (
        "outbox_endpoint", {**FRESH, "webhook_id": "other", "previous_until": SOON},
    ),
    "endpoint_step_is_a_known_one": ("outbox_endpointstep", {**FRESH, "step": "odd"}),
    "endpoint_step_is_taken_once_per_id": ("outbox_endpointstep", FRESH),
    "replay_is_asked_for_once_per_id": ("outbox_replay", FRESH),
    "replay_is_of_an_event_or_of_a_span": (
        "outbox_replay", {**FRESH, "replay_id": "other", "since": SOON},
    ),
    "message_status_is_a_known_one": (
        "outbox_message", {**FRESH, "status": "odd", "ended_at": SOON},
    ),
    "message_lane_is_one_of_them": ("outbox_message", {**FRESH, "lane": 32}),
    "message_ends_exactly_if_it_is_not_pending": (
        "outbox_message", {**FRESH, "status": "pending", "ended_at": SOON},
    ),
    "message_attempts_are_not_negative": ("outbox_message", {**FRESH, "attempts_made": -1}),
    "attempt_numbers_start_at_one": ("outbox_attempt", {**FRESH, "number": 0}),
    "month_closing_is_of_a_first_day": ("loyalty_monthclosing", {"month": "2031-01-02"}),
    "month_closing_balances_close": (
        "loyalty_monthclosing", {"month": "2031-02-01", "issued_balance": -7},
    ),
}  # fmt: skip

# What is violated with it, and is named first.
SHADOWED = {"redemption_status_is_a_known_one": "redemption_gives_points_back_at_some_moment"}

_NAMED = """
    SELECT c.conname, t.relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype IN ('c', 'x', 'u') AND t.relname = ANY(%s)
    UNION
    SELECT i.relname, t.relname FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE x.indisunique AND NOT x.indisprimary AND t.relname = ANY(%s)
"""


def named_constraints() -> set[str]:
    """Those that somebody gave a name to; PostgreSQL and Django begin with the table's."""
    found = rows(_NAMED, our_tables(), our_tables())
    names = {(row["conname"], row["relname"]) for row in found}
    return {name for name, table in names if not name.startswith(table)}


@pytest.fixture
def one_row_of_each(now: datetime) -> None:
    """A row in every table, each as the verbs write them."""
    past = now - timedelta(days=70)
    register("subscriber", now=past)
    post("first", amount_minor=100, occurred_at=past, now=past)
    post("charge", amount_minor=60_000_000, now=now)
    post("small", amount_minor=100, occurred_at=now - timedelta(days=40), now=now)
    give_back("f", "charge", amount_minor=5_000_000, now=now)
    reserve("r", 100, now=now)
    give_goodwill("subscriber", now=now)
    add_use(actor="client:billing", day=now.date(), use="charges", amount_minor=100)
    invite("subscriber", "invitee", now=now)
    fraud(now)
    webhooks(now)
    evaluate_tiers(now=now + timedelta(days=31))
    close_month(now=now)
    register("erased", status="closed", personal={"name": "x"}, now=now)
    erase_subscriber(external_id="erased", basis="a request", by="ann", now=now)
    record_access(subscriber_id=1, what=["x"], by="ann", reason="x", now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def webhooks(now: datetime) -> None:
    """An endpoint with a test, a replay and an attempt; and a lot that was announced to lapse."""
    url, by = "https://crm.example.com/hooks", "ann"
    register_endpoint(webhook_id="crm", url=url, description="", names=[], by=by, now=now)
    EndpointStep.objects.all().delete()
    try_endpoint(webhook_id="crm", test_id="t", by=by, now=now)
    Replay.objects.create(
        endpoint=Endpoint.objects.get(), replay_id="r", event_id=1, fingerprint=b"", asked_at=now,
        asked_by=by,
    )  # fmt: skip
    message = Message.objects.get()
    Attempt.objects.create(message=message, number=1, made_at=now, milliseconds=1)
    soonest = Lot.objects.filter(remaining__gt=0).earliest("expires_at")
    announce_expiring(now=soonest.expires_at - timedelta(days=1))


def fraud(now: datetime) -> None:
    """A case of an assessment, and what a verdict leaves behind."""
    stranger = Subscriber.objects.get(external_id="invitee").pk
    subject = Subject("redemption", "r9", stranger, "bill_credit", 100)
    screen(subjects=[subject], now=now)
    open_cases(
        cases=[NewCase("gate", "redemption", "r9", stranger, None, 100, None, 0, "low")], now=now
    )
    RuleSnooze.objects.create(
        subscriber_id=stranger, rule="household", until=now + timedelta(days=1), reason="x",
        set_at=now, set_by="ann",
    )  # fmt: skip
    standing: dict[str, Any] = {"standing": "watched", "reason": "x", "by": "ann", "now": now}
    set_standings(subscriber_ids=[stranger], **standing)
    anomalies(stranger, now)
    window = {"since": now - timedelta(days=1), "until": now}
    request_learning(rule_set=1, **window, by="ann", now=now)
    ids = [Identifier.objects.earliest("pk").pk]
    block_identifiers(identifier_ids=ids, reason="x", source="test", by="ann", now=now)
    declare_meaningless(identifier_ids=ids, reason="x", by="ann", now=now)


def anomalies(stranger: int, now: datetime) -> None:
    """A model, what it says of somebody, and a group of look-alikes."""
    model = AnomalyModel.objects.create(
        kind="autoencoder", fitted_at=now, fitted_on=now.date(), seed=1, sample_size=100,
        features=[], library="x", artefact=b"x", artefact_sha256=bytes(32), metrics={},
        is_in_score=False,
    )  # fmt: skip
    AnomalyScore.objects.create(
        subscriber_id=stranger, kind="autoencoder", percentile_thousandths=1, furthest=[],
        model=model, scored_at=now,
    )  # fmt: skip
    group = LookAlikeGroup.objects.create(
        found_at=now, number=1, size=2, spread_thousandths=1, common=[]
    )
    LookAlikeMember.objects.create(group=group, subscriber_id=stranger)


def copy_with(table: str, changes: dict[str, Any]) -> None:
    sql = (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(r, %s::jsonb)).*"  # noqa: S608
        f" FROM {table} r ORDER BY {'r.kind' if table == 'loyalty_payout' else 'r'} LIMIT 1"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(changes)])


def test_every_named_constraint_has_a_violation() -> None:
    assert named_constraints() == set(VIOLATIONS)


@pytest.mark.usefixtures("one_row_of_each")
@pytest.mark.parametrize("constraint", VIOLATIONS)
def test_a_violation_is_refused_by_name(constraint: str) -> None:
    table, changes = VIOLATIONS[constraint]
    if constraint == "entry_is_reversed_at_most_once":
        copy_with(table, {"number": 89, "reverses": 1})
    if constraint == "payout_is_requested_once_per_cause":
        copy_with(table, {**changes, "id": "00000000-0000-0000-0000-000000000002"})
    if constraint == "referral_is_of_somebody_else":
        [row] = rows("SELECT inviter_id FROM referrals_referral")
        changes = {"invitee_id": row["inviter_id"]}
    if constraint in SHADOWED:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {SHADOWED[constraint]}")
    with pytest.raises(IntegrityError) as caught:
        copy_with(table, changes)
    diagnosis = caught.value.__cause__.diag  # type: ignore[union-attr]
    assert diagnosis.constraint_name == constraint


APPEND_ONLY = (
    "loyalty_entry", "loyalty_lotdraw", "loyalty_tierchange", "loyalty_monthclosing",
    "loyalty_gatechange", "fraud_assessment", "fraud_caseevent", "accounts_personalaccess",
    "accounts_erasure",
)  # fmt: skip


@pytest.mark.usefixtures("one_row_of_each")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0} CASCADE",
        # Statements that touch no row are refused like the others.
        "DELETE FROM {0} WHERE false",
    ],
)
def test_a_table_of_the_books_is_only_added_to(table: str, statement: str) -> None:
    columns = {"loyalty_monthclosing": "closed_at", "fraud_caseevent": "case_id"}
    column = columns.get(table, "subscriber_id")
    before = dump()
    assert before[table]
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column))
    assert dump() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loyalty_termsversion SET note = 'x' WHERE number = 1",
        "UPDATE loyalty_termsversion SET status = 'draft'",
        "DELETE FROM loyalty_termsversion",
        "UPDATE fraud_rulesetversion SET note = 'x' WHERE number = 1",
        "DELETE FROM fraud_rulesetversion",
        "TRUNCATE fraud_rulesetversion CASCADE",
        "TRUNCATE loyalty_termsversion",
    ],
)
def test_terms_and_rules_in_force_never_change(statement: str) -> None:
    before = dump()
    with (
        pytest.raises(IntegrityError, match=r"active|approved|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert dump() == before
