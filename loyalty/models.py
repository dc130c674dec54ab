"""Terms, wallets, the ledger and what it records of charges, redemptions and payouts.

Keys of high-volume tables begin with the subscriber. Their foreign keys carry no constraint:
it would cost a lookup per row, and every row is written under the lock of the wallet that it
points to; `audit_ledger` checks them instead.
"""

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from accounts.models import Subscriber
from loyalty.policy.book import ENTRY_KINDS, LEDGER_ACCOUNTS, MOVES
from loyalty.policy.redemptions import REDEMPTION_STATUSES, REWARDS
from loyalty.policy.refunds import REFUND_REASONS, REFUND_STATUSES
from loyalty.policy.terms import BRONZE, CHARGE_KINDS, TIERS

PAYOUT_KINDS = ("cap_excess",)
PAYOUT_STATUSES = ("requested", "in_review", "cleared", "refused", "paid")
TERMS_STATUSES = ("draft", "proposed", "active")

models.BinaryField.register_lookup(Length)


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value.replace("_", " ")) for value in values]


def _not_negative(prefix: str, *fields: str) -> list[models.BaseConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(**{f"{name}__gte": 0}), name=f"{prefix}_{name}_is_not_negative"
        )
        for name in fields
    ]


class TermsVersion(models.Model):
    """One version of the program's terms; in force from `effective_from` to the next one's."""

    number = models.SmallIntegerField(primary_key=True)
    status = models.CharField(max_length=8, choices=_choices(TERMS_STATUSES), default="draft")
    content = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    effective_from = models.DateTimeField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001

    class Meta:
        verbose_name = "version of the terms"
        verbose_name_plural = "program terms"
        permissions = [("activate_termsversion", "Can put program terms in force")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=TERMS_STATUSES),
                name="terms_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(proposed_at__isnull=False, proposed_by__isnull=False),
                name="terms_are_proposed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="active")
                | Q(
                    effective_from__isnull=False,
                    activated_at__isnull=False,
                    activated_by__isnull=False,
                ),
                name="terms_are_activated_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="active")
                | ~Q(activated_by=F("proposed_by"))
                | Q(number=1, activated_by="system"),
                name="terms_are_activated_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["effective_from"],
                condition=Q(status="active"),
                name="terms_begin_at_different_moments",
            ),
        ]

    def __str__(self) -> str:
        return f"Terms {self.number}"


class Wallet(models.Model):
    """Where a subscriber's points are, and where their ledger has got to."""

    subscriber = models.OneToOneField(Subscriber, on_delete=models.PROTECT, primary_key=True)
    pending = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    revoked = models.BigIntegerField(default=0)
    last_number = models.IntegerField(default=0)
    last_digest = models.BinaryField(max_length=32, default=b"")
    last_posted_at = models.DateTimeField(null=True)
    # Benefits since the beginning: it bounds those of any month or year, so that most charges
    # need not look at months to know that no cap is near.
    benefit_life_minor = models.BigIntegerField(default=0)
    waiting_refunds = models.IntegerField(default=0)
    tier = models.CharField(max_length=8, choices=_choices(TIERS), default=BRONZE)
    tier_since = models.DateTimeField(null=True)
    tier_evaluated_for = models.DateField(null=True)
    downgrade_on = models.DateField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            *_not_negative(
                "wallet",
                *LEDGER_ACCOUNTS,
                "last_number",
                "benefit_life_minor",
                "waiting_refunds",
            ),
            models.CheckConstraint(
                # What was issued and is owed is somewhere.
                condition=Q(
                    issued=F("pending")
                    + F("available")
                    + F("reserved")
                    + F("redeemed")
                    + F("expired")
                    + F("revoked")
                    - F("debt")
                ),
                name="wallet_books_close",
            ),
            models.CheckConstraint(condition=Q(tier__in=TIERS), name="wallet_tier_is_a_known_one"),
        ]

    def __str__(self) -> str:
        return f"Wallet of {self.subscriber_id}"


class Entry(models.Model):
    """Points moved from a source to a destination: the ledger's only kind of row.

    Append-only, by privileges and by trigger.
    """

    pk = models.CompositePrimaryKey("subscriber_id", "number")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    number = models.IntegerField()
    kind = models.CharField(max_length=12, choices=_choices(ENTRY_KINDS))
    source = models.CharField(max_length=9, choices=_choices(LEDGER_ACCOUNTS))
    destination = models.CharField(max_length=9, choices=_choices(LEDGER_ACCOUNTS))
    points = models.BigIntegerField()
    cause_type = models.CharField(max_length=12)
    cause_id = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    posted_at = models.DateTimeField()
    terms = models.SmallIntegerField()
    available_after = models.BigIntegerField()
    reverses = models.IntegerField(null=True)
    digest = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="entry_moves_points"),
            models.CheckConstraint(condition=Q(number__gt=0), name="entry_numbers_start_at_one"),
            models.CheckConstraint(
                condition=Q(available_after__gte=0),
                name="entry_leaves_no_balance_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(
                    *(
                        Q(kind=kind, source=source, destination=destination)
                        for kind, moves in MOVES.items()
                        for source, destination in moves
                    ),
                    _connector=Q.OR,
                ),
                name="entry_moves_along_a_known_path",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | Q(reverses__lt=F("number")),
                name="entry_reverses_an_earlier_one",
            ),
            models.UniqueConstraint(
                fields=["subscriber", "reverses"],
                condition=Q(reverses__isnull=False),
                name="entry_is_reversed_at_most_once",
            ),
            models.CheckConstraint(condition=Q(digest__length=32), name="entry_has_a_whole_digest"),
        ]
        indexes = [
            # Entries come in the order of posting, so that their pages are ranges of time.
            BrinIndex(
                fields=["posted_at"],
                pages_per_range=32,
                autosummarize=True,
                name="entry_by_posting",
            ),
        ]

    def __str__(self) -> str:
        return f"Entry {self.number} of {self.subscriber_id}"


class Lot(models.Model):
    """What is left of the points that one entry made available, until they lapse."""

    pk = models.CompositePrimaryKey("subscriber_id", "number")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    number = models.IntegerField()
    points = models.BigIntegerField()
    remaining = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="lot_is_opened_with_points"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("points")),
                name="lot_remaining_is_between_none_and_all",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at", "subscriber"],
                condition=Q(remaining__gt=0),
                name="lot_due_to_lapse",
            ),
        ]

    def __str__(self) -> str:
        return f"Lot {self.number} of {self.subscriber_id}"


class LotDraw(models.Model):
    """Points that an entry took out of a lot, so that a reversal restores exactly those."""

    pk = models.CompositePrimaryKey("subscriber_id", "entry", "lot")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    entry = models.IntegerField()
    lot = models.IntegerField()
    points = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="lot_draw_takes_points"),
            models.CheckConstraint(
                condition=Q(lot__lt=F("entry")), name="lot_draw_is_later_than_its_lot"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} from lot {self.lot} of {self.subscriber_id}"


class Charge(models.Model):
    """What billing charged, what it earned, and the permanent record of its id."""

    pk = models.CompositePrimaryKey("subscriber_id", "charge_id")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    charge_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=_choices(CHARGE_KINDS))
    occurred_at = models.DateTimeField()
    month = models.DateField()
    fingerprint = models.BinaryField(max_length=16)
    tier = models.CharField(max_length=8, choices=_choices(TIERS))
    terms = models.SmallIntegerField()
    # What the id made, repeated to whoever repeats the id.
    points_earned = models.BigIntegerField()
    points_in_review = models.BigIntegerField()
    points_to_debt = models.BigIntegerField()
    # The entry that credited the points, whose number is that of their lot.
    lot = models.IntegerField(null=True)
    posted_at = models.DateTimeField()
    # What refunds have changed since.
    refunded_minor = models.BigIntegerField(default=0)
    points_waiting = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="charge_has_an_amount"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="charge_is_refunded_at_most_whole",
            ),
            models.CheckConstraint(
                condition=Q(points_waiting__gte=0, points_waiting__lte=F("points_in_review")),
                name="charge_waits_with_at_most_what_was_sent_to_review",
            ),
            models.CheckConstraint(
                condition=Q(points_to_debt__gte=0, points_to_debt__lte=F("points_earned")),
                name="charge_pays_debt_from_what_it_earned",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CHARGE_KINDS), name="charge_kind_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return f"Charge {self.charge_id}"


class Refund(models.Model):
    """What billing gave back of a charge, and the permanent record of its id."""

    pk = models.CompositePrimaryKey("subscriber_id", "refund_id")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    refund_id = models.CharField(max_length=64)
    charge_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=10, choices=_choices(REFUND_REASONS))
    occurred_at = models.DateTimeField()
    fingerprint = models.BinaryField(max_length=16)
    status = models.CharField(max_length=8, choices=_choices(REFUND_STATUSES))
    # Where the points of the refunded amount were: waiting above the cap, in lots, lapsed
    # unspent, or spent and therefore owed.
    points_from_review = models.BigIntegerField(default=0)
    points_revoked = models.BigIntegerField(default=0)
    points_lapsed = models.BigIntegerField(default=0)
    points_to_debt = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_has_an_amount"),
            models.CheckConstraint(
                condition=Q(status="applied", applied_at__isnull=False)
                | (~Q(status="applied") & Q(applied_at__isnull=True)),
                name="refund_is_applied_at_some_moment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=REFUND_STATUSES),
                name="refund_status_is_a_known_one",
            ),
            *_not_negative(
                "refund",
                "points_from_review",
                "points_revoked",
                "points_lapsed",
                "points_to_debt",
            ),
        ]
        indexes = [
            models.Index(fields=["subscriber", "charge_id"], name="refund_by_charge"),
        ]

    def __str__(self) -> str:
        return f"Refund {self.refund_id}"


class SubscriberMonth(models.Model):
    """What a calendar month was worth: read by caps, tiers and reports."""

    pk = models.CompositePrimaryKey("subscriber_id", "month")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    month = models.DateField()
    revenue_minor = models.BigIntegerField(default=0)
    points_earned = models.BigIntegerField(default=0)
    benefit_minor = models.BigIntegerField(default=0)
    points_redeemed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            *_not_negative(
                "subscriber_month",
                "revenue_minor",
                "points_earned",
                "benefit_minor",
                "points_redeemed",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="subscriber_month_is_its_first_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of {self.subscriber_id}"


class TierChange(models.Model):
    """A tier in force from `starts_at` on; before the first one a subscriber is Bronze."""

    pk = models.CompositePrimaryKey("subscriber_id", "starts_at")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, db_index=False)
    starts_at = models.DateTimeField()
    tier = models.CharField(max_length=8, choices=_choices(TIERS))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=TIERS), name="tier_change_tier_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} since {self.starts_at:%Y-%m-%d}"


class Payout(models.Model):
    """A benefit that must pass the gate; the ledger knows nothing of it until it is cleared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="payouts")
    kind = models.CharField(max_length=16, choices=_choices(PAYOUT_KINDS))
    status = models.CharField(max_length=9, choices=_choices(PAYOUT_STATUSES))
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    month = models.DateField(null=True)
    terms = models.SmallIntegerField()
    requested_at = models.DateTimeField()

    class Meta:
        constraints = [
            *_not_negative("payout", "points", "value_minor"),
            models.CheckConstraint(
                condition=Q(status__in=PAYOUT_STATUSES),
                name="payout_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PAYOUT_KINDS), name="payout_kind_is_a_known_one"
            ),
            models.UniqueConstraint(
                fields=["subscriber", "month"],
                condition=Q(kind="cap_excess", status="in_review"),
                name="payout_of_excess_collects_in_one_per_month",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="payout_by_request"),
        ]

    def __str__(self) -> str:
        return f"Payout {self.id}"


class Redemption(models.Model):
    """Points on their way to a bill credit: reserved, then settled or given back."""

    redemption_id = models.CharField(max_length=64, unique=True)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="redemptions")
    status = models.CharField(max_length=9, choices=_choices(REDEMPTION_STATUSES))
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    reward = models.CharField(max_length=16, choices=_choices(REWARDS))
    month = models.DateField()
    terms = models.SmallIntegerField()
    fingerprint = models.BinaryField(max_length=16)
    reasons = models.JSONField(default=list)
    reservation = models.IntegerField()
    settlement = models.IntegerField(null=True)
    credit_reference = models.CharField(max_length=64, blank=True, default="")
    closing_reason = models.CharField(max_length=200, blank=True, default="")
    reserved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="redemption_takes_points"),
            models.CheckConstraint(
                condition=Q(status__in=REDEMPTION_STATUSES),
                name="redemption_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("settled", "reversed"), settlement__isnull=False)
                | (~Q(status__in=("settled", "reversed")) & Q(settlement__isnull=True)),
                name="redemption_is_settled_by_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("released", "lapsed", "declined", "reversed"),
                    returned_at__isnull=False,
                )
                | Q(
                    status__in=("in_review", "reserved", "settled"),
                    returned_at__isnull=True,
                ),
                name="redemption_gives_points_back_at_some_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status="reserved"),
                name="redemption_due_to_lapse",
            ),
            models.Index(fields=["subscriber", "reserved_at"], name="redemption_by_subscriber"),
        ]

    def __str__(self) -> str:
        return f"Redemption {self.redemption_id}"


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
