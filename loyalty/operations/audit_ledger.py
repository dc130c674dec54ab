"""Prove the laws of the ledger over everything that the database holds."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import connection, transaction

from loyalty.ledger.holdings import Page, charges_in, holdings_in, pages_of_wallets, refunds_in
from loyalty.models import Audit
from loyalty.operations import post_charges, post_refunds
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.book import AVAILABLE, PENDING, RESERVED, empty_balances
from loyalty.policy.refunds import RefundItem
from loyalty.policy.replay import Fault, HeldWallet, Replayed, closes, replay, replay_until
from loyalty.queries.audit import (
    Revenue,
    entries_posted_after,
    names_of,
    revenue,
    sweeps,
    wallet_sums,
)
from loyalty.queries.terms import terms_calendar

FAULTS_LISTED = 20
_FORGED = "its content is not what its fingerprint was taken of"


@dataclass(slots=True)
class AuditReport:
    """What an audit found, and the program's trial balance.

    Attributes:
        fault_count: all faults; `faults` lists the first of them.
        balances: sums over all subscribers, as the entries make them.
        revenue: None in an audit of the past, whose charges may have been refunded since.
    """

    as_of: datetime | None
    wallets: int = 0
    entries: int = 0
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=empty_balances)
    revenue: Revenue | None = None
    liability_minor: int = 0
    names: dict[int, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every law holds."""
        return not self.fault_count

    def line(self, fault: Fault) -> str:
        """A fault as one line: table, subscriber, row, and what differs."""
        name = self.names.get(fault.subscriber_id, f"#{fault.subscriber_id}")
        of = f" of {name}" if fault.subscriber_id else ""
        row = "" if fault.row == "-" else f" {fault.row}"
        return f"{fault.table}{row}{of}: {fault.differs}"

    def add(self, faults: Iterable[Fault]) -> None:
        """Count faults, and list them up to the bound."""
        for fault in faults:
            self.fault_count += 1
            if len(self.faults) < FAULTS_LISTED:
                self.faults.append(fault)


def audit_ledger(
    *,
    now: datetime,
    as_of: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> AuditReport:
    """Prove every law of the ledger in one snapshot, beside live traffic; writes no book.

    Each wallet's entries are replayed from the first; what sums and joins prove is proven in
    SQL. The first fault names the first altered row. Safe to repeat; each run keeps one row of
    what it found.

    Args:
        as_of: prove what was held at this instant instead, by the entries posted until then.
        progress: told how many entries were read, page by page.
    """
    started = monotonic()
    with _snapshot(), _collector_at_rest():
        past = as_of if as_of is not None and entries_posted_after(as_of) else None
        report = AuditReport(as_of)
        for page in pages_of_wallets():
            before = report.entries
            for held in holdings_in(page):
                _count(report, held, _replayed(held, past))
            if past is None:
                report.add(_forged(page))
            progress(report.entries - before)
        if past is None:
            for sweep in sweeps(limit=FAULTS_LISTED):
                report.add(sweep.first)
                report.fault_count += sweep.faults - len(sweep.first)
            _compare_sums(report)
        _value(report, as_of or now)
        report.names = names_of([fault.subscriber_id for fault in report.faults])

    Audit.objects.create(
        started_at=now,
        finished_at=now + timedelta(seconds=monotonic() - started),
        as_of=as_of,
        wallets=report.wallets,
        entries=report.entries,
        faults=report.fault_count,
        first_fault=report.line(report.faults[0])[:500] if report.faults else "",
    )
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of the database for all that follows; inside a transaction, that one's."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # Joins of whole tables, one at a time.
                cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Rows make no cycles, and the collector would walk a page's again and again: a fifth."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _replayed(held: HeldWallet, past: datetime | None) -> Replayed:
    if past is None:
        return replay(held, settings.LEDGER_KEYS)
    return replay_until(held, past, settings.LEDGER_KEYS)


def _count(report: AuditReport, held: HeldWallet, replayed: Replayed) -> None:
    report.wallets += held.wallet is not None
    report.entries += replayed.entries
    report.add(replayed.faults)
    for account, points in replayed.balances.items():
        report.balances[account] += points


def _forged(page: Page) -> Iterator[Fault]:
    """Charges and refunds that say something else than they did when they came."""
    for charge in charges_in(page):
        item = ChargeItem(charge.charge_id, "", *charge[2:5])
        if post_charges.meaning_of(item) != charge.fingerprint:
            yield Fault("charge", charge.subscriber_id, charge.charge_id, _FORGED)
    for refund in refunds_in(page):
        meant = RefundItem(refund.refund_id, refund.charge_id, "", *refund[3:6])
        if post_refunds.meaning_of(meant) != refund.fingerprint:
            yield Fault("refund", refund.subscriber_id, refund.refund_id, _FORGED)


def _compare_sums(report: AuditReport) -> None:
    """The program's books: entries, wallets and months say the same in sum, and close."""
    sums = wallet_sums()
    if sums != report.balances:
        off = [name for name, points in sums.items() if points != report.balances[name]]
        report.add([Fault("wallet", 0, "-", f"sums of {', '.join(off)} are not those of entries")])
    if not closes(report.balances):
        report.add([Fault("entry", 0, "-", "the trial balance does not close")])
    report.revenue = money = revenue()
    if money.months_minor != money.charges_minor - money.refunds_minor:
        report.add([Fault("subscribermonth", 0, "-", "revenue is not that of charges and refunds")])


def _value(report: AuditReport, at: datetime) -> None:
    owed = sum(report.balances[account] for account in (PENDING, AVAILABLE, RESERVED))
    report.liability_minor = owed * terms_calendar().at(at).terms.point_value_minor
