"""The clock's jobs and the news that loyalty hears; each makes one call."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from loyalty.operations.announce_expiring import announce_expiring as announce_expiring_verb
from loyalty.operations.audit_ledger import audit_ledger as audit_ledger_verb
from loyalty.operations.close_month import close_month as close_month_verb
from loyalty.operations.evaluate_tiers import evaluate_tiers as evaluate_tiers_verb
from loyalty.operations.expire_points import expire_points as expire_points_verb
from loyalty.operations.pay_due import pay_due as pay_due_verb
from loyalty.operations.return_points import lapse_reservations as lapse_reservations_verb
from loyalty.operations.screen_payouts import screen_payouts as screen_payouts_verb


class LedgerIsWrong(Exception):
    """A law of the ledger is broken; the message names the first altered row."""


@shared_task
def expire_points(**_: Any) -> int:
    return expire_points_verb(now=datetime.now(UTC))


@shared_task
def announce_expiring(**_: Any) -> int:
    return announce_expiring_verb(now=datetime.now(UTC))


@shared_task
def evaluate_tiers(**_: Any) -> int:
    return evaluate_tiers_verb(now=datetime.now(UTC))


@shared_task
def lapse_reservations(**_: Any) -> int:
    return lapse_reservations_verb(now=datetime.now(UTC))


@shared_task
def screen_payouts(**_: Any) -> int:
    """The clock gives it, and the news of a request."""
    return screen_payouts_verb(now=datetime.now(UTC))


@shared_task
def pay_due(**_: Any) -> int:
    return pay_due_verb(now=datetime.now(UTC))


@shared_task
def close_month(**_: Any) -> None:
    close_month_verb(now=datetime.now(UTC))


@shared_task
def audit_ledger(**_: Any) -> None:
    """Keep what the audit found; a ledger that is wrong makes the task fail, so that it is seen."""
    report = audit_ledger_verb(now=datetime.now(UTC))
    if not report.holds:
        raise LedgerIsWrong(report.line(report.faults[0]))


@shared_task
def release_reservations_of_closed(**_: Any) -> int:
    """Heard with `subscriber.closed`; what it needs to know stands in the tables."""
    return lapse_reservations_verb(now=datetime.now(UTC))
