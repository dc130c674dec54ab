"""Some of everything that the admin and the API show, made through the verbs."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from accounts.models import Identifier, Subscriber
from accounts.operations import record_access
from doors.clients import register_client
from doors.second_factors import begin_enrolment
from fraud.models import RuleSnooze
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.change_rule_sets import (
    approve_rules,
    draft_rules,
    propose_rules,
    shadow_rules,
    withdraw_rules,
)
from fraud.operations.request_trials import request_backtest, request_calibration
from fraud.operations.run_trials import run_next_trial
from fraud.operations.set_standings import set_standings
from imports.operations import IncomingFile, receive_import
from loyalty.operations.change_terms import (
    activate_terms,
    draft_terms,
    propose_terms,
    withdraw_terms,
)
from outbox.operations.register_endpoints import register_endpoint
from outbox.operations.try_endpoints import try_endpoint
from privacy.operations.erase_subscriber import erase_subscriber
from tests.browser import story
from tests.factories import register
from tests.reading import rules_read, terms_read

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def populate(now: datetime) -> None:
    """A queue of cases, and beside it rows of every page: versions in each state, trials."""
    story.tell(now)
    _terms(now)
    _rule_sets(now)
    _trials(now)
    _marks(now)
    _operation(now)
    _people(now)


def _terms(now: datetime) -> None:
    """1 was in force before, 2 is now; 3 is scheduled, 4 withdrawn, 5 proposed, 6 a draft."""

    def proposed(**content: Any) -> int:
        number = draft_terms(content=content, note="For the winter", by="maker").number
        propose_terms(
            number=number,
            by="maker",
            now=now - 9 * MINUTE,
            digest=terms_read(number, now=now - 9 * MINUTE),
        )
        return number

    past = now - 8 * MINUTE
    for begins in (now - 7 * MINUTE, now + 30 * DAY, now + 60 * DAY):
        number = proposed(lot_life_months=18)
        activate_terms(
            number=number,
            effective_from=begins,
            by="checker",
            now=past,
            digest=terms_read(number, now=past),
        )
    withdraw_terms(number=4, by="checker", reason="Too early", now=past)
    proposed(lot_life_months=24)
    draft_terms(content={}, note="", by="maker")


def _rule_sets(now: datetime) -> None:
    """As of the terms; 5 is in shadow, 6 proposed, 7 a draft."""

    def proposed(**content: Any) -> int:
        number = draft_rules(content=content, note="Stricter", by="maker").number
        propose_rules(
            number=number,
            by="maker",
            now=now - 9 * MINUTE,
            digest=rules_read(number, now=now - 9 * MINUTE),
        )
        return number

    past = now - 8 * MINUTE
    number = proposed(carrier_ip_above=49)
    approve_rules(number=number, by="checker", now=past, digest=rules_read(number, now=past))
    for days in (30, 60):
        number, starts_at = proposed(review_from="0.35"), now + days * DAY
        approve_rules(
            number=number,
            by="checker",
            now=past,
            starts_at=starts_at,
            digest=rules_read(number, now=past),
        )
    withdraw_rules(number=4, by="checker", reason="Too strict", now=past)
    shadow_rules(number=proposed(review_from="0.3"), by="maker", now=past)
    proposed(sample_share="0.02")
    draft_rules(content={"review_from": "0.45"}, note="Milder", by="maker")


def _trials(now: datetime) -> None:
    window: dict[str, Any] = {
        "since": now - 90 * DAY,
        "until": now + DAY,
        "by": "maker",
        "now": now,
    }
    request_backtest(rule_set=6, recompute=False, minutes_per_case=30, **window)
    request_calibration(rule_set=5, false_positives_max_millionths=600_000, **window)
    while run_next_trial(worker="w", clock=lambda: now):
        pass
    request_backtest(rule_set=7, recompute=False, minutes_per_case=30, **window)


def _marks(now: datetime) -> None:
    olga = Subscriber.objects.get(external_id="olga").pk
    set_standings(subscriber_ids=[olga], standing="watched", reason="x", by="ann", now=now)
    ids = [Identifier.objects.earliest("pk").pk]
    block_identifiers(identifier_ids=ids, reason="x", source="test", by="ann", now=now)
    RuleSnooze.objects.create(
        subscriber_id=olga, rule="household", until=now + DAY, reason="x", set_at=now, set_by="ann"
    )


def _operation(now: datetime) -> None:
    register_client(name="crm", scopes=["charges:write"])
    url = "https://crm.example.com/hooks"
    register_endpoint(webhook_id="crm", url=url, description="", names=[], by="ann", now=now)
    try_endpoint(webhook_id="crm", test_id="t", by="ann", now=now)
    with IncomingFile() as incoming:
        incoming.write(b"charge_id,subscriber_id,amount,currency,kind,occurred_at\nc,s,,,,\n")
        receive_import(
            import_id="file", kind="charges", form="csv", stored=incoming.keep(), shards=1,
            by="ann", now=now,
        )  # fmt: skip


def _people(now: datetime) -> None:
    register("erased", status="closed", personal={"name": "x"}, now=now)
    erase_subscriber(external_id="erased", basis="a request", by="ann", now=now)
    olga = Subscriber.objects.get(external_id="olga").pk
    record_access(subscriber_id=olga, what=["name"], by="ann", reason="x", now=now)
    zoe = User.objects.create_user("zoe", password=settings.SECRET_KEY, is_staff=True)
    begin_enrolment(user=zoe)
