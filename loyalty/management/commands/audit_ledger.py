"""Prove every law of the ledger and print the program's trial balance."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from doors.jobs import JobCommand, Progress, moment
from kernel.money import decimal_string
from loyalty.operations.audit_ledger import AuditReport, audit_ledger
from loyalty.policy.book import COUNTED_OUTWARD, LEDGER_ACCOUNTS
from loyalty.queries.audit import entries_counted


class Command(JobCommand):
    help = "Prove every law of the ledger; exit code 1 and the first altered row if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit, print the trial balance and what is wrong, and say so by the exit code."""
        as_of = options["as_of"]
        if isinstance(as_of, str):
            as_of = moment(as_of)
        started = monotonic()
        with Progress("Auditing", total=entries_counted(), unit="entries") as progress:
            report = audit_ledger(now=datetime.now(UTC), as_of=as_of, progress=progress.advance)
        seconds = monotonic() - started
        for line in (*trial_balance(report), *verdict(report)):
            self.stdout.write(line)
        rate = report.entries / max(seconds, 1e-9)
        self.stdout.write(f"Audited in {seconds:.1f} s, {rate:,.0f} entries/s.")
        if not report.holds:
            sys.exit(1)


def trial_balance(report: AuditReport) -> Iterator[str]:
    """The program's books as a table: each ledger account on the side that it counts on."""
    as_of = f" as of {report.as_of.isoformat()}" if report.as_of else ""
    yield f"Trial balance of {report.wallets:,} wallets and {report.entries:,} entries{as_of}"
    yield f"  {'':12}{'out':>18}{'in':>18}"
    sums = [0, 0]
    for account in LEDGER_ACCOUNTS:
        points = report.balances[account]
        side = 0 if account in COUNTED_OUTWARD else 1
        sums[side] += points
        columns = (f"{points:,}", "") if side == 0 else ("", f"{points:,}")
        yield f"  {account:12}{columns[0]:>18}{columns[1]:>18}"
    yield f"  {'sum':12}{sums[0]:>18,}{sums[1]:>18,}"
    if report.revenue is not None:
        money = report.revenue
        yield (
            f"Revenue of all months {decimal_string(money.months_minor)} RUB ="
            f" charges {decimal_string(money.charges_minor)}"
            f" - refunds {decimal_string(money.refunds_minor)}"
        )
    yield f"Liability {decimal_string(report.liability_minor)} RUB"


def verdict(report: AuditReport) -> Iterator[str]:
    """Whether every law holds; otherwise the first altered row, and the others up to a bound."""
    if report.holds:
        yield "Every law holds."
        return
    yield f"THE LEDGER IS WRONG: {report.fault_count:,} faults. The first altered row:"
    for place, fault in enumerate(report.faults):
        yield f"  {report.line(fault)}"
        if place == 0 and report.fault_count > 1:
            yield "Further faults:"
    if report.fault_count > len(report.faults):
        yield f"  … and {report.fault_count - len(report.faults):,} more"
