"""Trial balances of finished months, and what audits found."""

from django.db import models
from django.db.models import F, Q


class MonthClosing(models.Model):
    """The program's trial balance at the end of a calendar month, as it was when it closed.

    Append-only. An entry belongs to the month of its `posted_at`, and what a job of a past
    moment posts into a closed month is in the balances of the months that close after it.
    """

    month = models.DateField(primary_key=True)
    closed_at = models.DateTimeField()
    entries = models.BigIntegerField()
    pending_moved = models.BigIntegerField()
    available_moved = models.BigIntegerField()
    reserved_moved = models.BigIntegerField()
    debt_moved = models.BigIntegerField()
    issued_moved = models.BigIntegerField()
    redeemed_moved = models.BigIntegerField()
    expired_moved = models.BigIntegerField()
    revoked_moved = models.BigIntegerField()
    pending_balance = models.BigIntegerField()
    available_balance = models.BigIntegerField()
    reserved_balance = models.BigIntegerField()
    debt_balance = models.BigIntegerField()
    issued_balance = models.BigIntegerField()
    redeemed_balance = models.BigIntegerField()
    expired_balance = models.BigIntegerField()
    revoked_balance = models.BigIntegerField()
    # What the month's charges came to net of refunds, as known when it closed.
    revenue_minor = models.BigIntegerField()
    redeemed_minor = models.BigIntegerField()
    liability_minor = models.BigIntegerField()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1), name="month_closing_is_of_a_first_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    issued_balance=F("pending_balance")
                    + F("available_balance")
                    + F("reserved_balance")
                    + F("redeemed_balance")
                    + F("expired_balance")
                    + F("revoked_balance")
                    - F("debt_balance")
                ),
                name="month_closing_balances_close",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Audit(models.Model):
    """What an audit of the ledger found."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    as_of = models.DateTimeField(null=True)
    wallets = models.BigIntegerField()
    entries = models.BigIntegerField()
    faults = models.BigIntegerField()
    first_fault = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="audit_latest")]

    def __str__(self) -> str:
        return f"Audit of {self.started_at:%Y-%m-%d %H:%M}"
