"""Entries, lots and draws: the books, to which rows are only added."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.db.models.lookups import In

from accounts.models import Subscriber
from loyalty.models.columns import choices_of
from loyalty.policy.book import ENTRY_KINDS, LEDGER_ACCOUNTS, MOVES
from loyalty.policy.expiry import NOTICE_DAYS


class Entry(models.Model):
    """Points moved from a source to a destination: the ledger's only kind of row.

    Append-only, by privileges and by trigger.
    """

    pk = models.CompositePrimaryKey("subscriber_id", "number")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    number = models.IntegerField()
    kind = models.CharField(max_length=12, choices=choices_of(ENTRY_KINDS))
    source = models.CharField(max_length=9, choices=choices_of(LEDGER_ACCOUNTS))
    destination = models.CharField(max_length=9, choices=choices_of(LEDGER_ACCOUNTS))
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
                # As one comparison: the database builds a constraint anew for each statement,
                # and an OR over every path costs a single posting a tenth of its time.
                condition=In(
                    Concat("kind", Value(":"), "source", Value(">"), "destination"),
                    [
                        f"{kind}:{source}>{destination}"
                        for kind, moves in MOVES.items()
                        for source, destination in moves
                    ],
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
            # Lots that hold points of an earlier entry; most subscribers have none.
            models.Index(
                fields=["subscriber"],
                condition=Q(kind__in=["debt_return", "rounding"]),
                name="entry_of_inherited_points",
            ),
        ]

    def __str__(self) -> str:
        return f"Entry {self.number} of {self.subscriber_id}"


class UnkeyedChain(models.Model):
    """A wallet whose first entries were written before digests had a key, and how many.

    Filled by the migration that brought the key, and read only: whoever could add a row could
    write entries whose digests everybody can make.
    """

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.PROTECT, primary_key=True, db_constraint=False
    )
    last_number = models.IntegerField()

    def __str__(self) -> str:
        return f"Chain of {self.subscriber_id} without a key up to {self.last_number}"


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


class ExpiryNotice(models.Model):
    """That a lot was announced to lapse, so many days ahead; never twice."""

    pk = models.CompositePrimaryKey("subscriber_id", "lot", "days")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    lot = models.IntegerField()
    days = models.SmallIntegerField()
    announced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(days__in=NOTICE_DAYS), name="expiry_notice_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return f"Notice of lot {self.lot} of {self.subscriber_id}"


class LotDraw(models.Model):
    """Points that an entry took out of a lot, so that a reversal restores exactly those.

    Append-only, by privileges and by trigger.
    """

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
