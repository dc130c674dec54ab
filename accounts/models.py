"""Subscribers, the periods of their status, the digests of what identifies them, and the vault."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateTimeRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q

from accounts.policy.history import CLOSED, STATUSES
from accounts.policy.identifiers import EMAIL, KEPT_KINDS


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class _TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Identifier(models.Model):
    """Something that tells a person or a device apart; only its keyed digest is known."""

    kind = models.CharField(max_length=8, choices=_choices(KEPT_KINDS))
    digest = models.BinaryField(max_length=32)
    key_id = models.SmallIntegerField()
    hint = models.CharField(max_length=24)
    # Where a phone number or an IP address belongs, told when its value was at hand.
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    region = models.CharField(max_length=64, blank=True, default="", db_default="")
    # Of an e-mail address: the mailbox that it leads to, an identifier of its own.
    mailbox = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, db_index=False, related_name="addresses"
    )
    # On the list of values that mean nothing: such an identifier is as good as absent.
    is_meaningless = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest"], name="identifier_is_known_once_per_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=KEPT_KINDS), name="identifier_kind_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(mailbox__isnull=True) | Q(kind=EMAIL),
                name="identifier_with_a_mailbox_is_an_email",
            ),
        ]
        indexes = [
            models.Index(
                fields=["mailbox"],
                condition=Q(mailbox__isnull=False),
                name="identifier_by_mailbox",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} …"


class Subscriber(models.Model):
    """A person's line with the operator, as billing last described it."""

    external_id = models.CharField("subscriber id", max_length=64, unique=True)
    status = models.CharField(max_length=9, choices=_choices(STATUSES))
    activated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # When they last left, if they were activated again since: an earlier life of the line.
    left_before_at = models.DateTimeField(null=True, blank=True)
    msisdn = models.ForeignKey(
        Identifier, on_delete=models.PROTECT, null=True, related_name="lines"
    )
    msisdn_country = models.CharField(max_length=2, blank=True, default="")
    plan = models.CharField(max_length=64)
    region = models.CharField(max_length=64)
    contract_months = models.PositiveSmallIntegerField(null=True, blank=True)
    contract_ends_on = models.DateField(null=True, blank=True)
    phone_verified = models.BooleanField(default=False)
    identity_verified = models.BooleanField(default=False)
    # The moment of the newest report; none on rows from before reports had one.
    reported_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("unmask_subscriber", "Can see a subscriber's identifiers unmasked"),
            ("read_personal", "Can see names and contacts of subscribers"),
            ("export_subscriber", "Can export all that is held about a subscriber"),
            ("erase_subscriber", "Can erase subscribers"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=STATUSES),
                name="subscriber_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(status=CLOSED, closed_at__isnull=False)
                | (~Q(status=CLOSED) & Q(closed_at__isnull=True)),
                name="subscriber_has_a_closing_exactly_if_closed",
            ),
            models.CheckConstraint(
                condition=Q(left_before_at__isnull=True) | Q(left_before_at__lt=F("activated_at")),
                name="subscriber_left_before_the_activation",
            ),
        ]
        indexes = [
            # What must be released at closing, and revoked after it.
            models.Index(
                fields=["closed_at"],
                condition=Q(closed_at__isnull=False),
                name="subscriber_by_closing",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class StatusPeriod(models.Model):
    """A status in [starts_at, ends_at); the last period of a subscriber has no end."""

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="status_periods"
    )
    status = models.CharField(max_length=9, choices=_choices(STATUSES))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["subscriber", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="status_period_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=STATUSES),
                name="status_period_status_is_a_known_one",
            ),
            ExclusionConstraint(
                name="status_periods_do_not_overlap",
                expressions=[
                    (
                        _TsTzRange("starts_at", "ends_at", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                    # Not the bare column: for whoever looks periods up by subscriber the planner
                    # would take this index, which is several times slower than the B-tree.
                    (F("subscriber") + 0, RangeOperators.EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} since {self.starts_at:%Y-%m-%d}"


class IdentifierUse(models.Model):
    """That a subscriber has, or had, an identifier: from `first_seen_at` until `ended_at`.

    Attributes:
        given_up_at, given_up_said_at: when billing says that it was given up, and the moment of
            that report; empty once the subscriber was seen with it in a later report.
        ended_at: when the use ended: given up, or, of what passes from hand to hand, at the
            closing of the line.
    """

    # Its indexes begin with the identifier: one of the identifier alone would be taken for
    # looking up one of the many subscribers behind an address, and walk through all of them.
    identifier = models.ForeignKey(
        Identifier, on_delete=models.PROTECT, related_name="uses", db_index=False
    )
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="identifier_uses"
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    given_up_at = models.DateTimeField(null=True, blank=True)
    given_up_said_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identifier", "subscriber"], name="identifier_use_is_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(given_up_at__isnull=True, given_up_said_at__isnull=True)
                | Q(
                    given_up_at__isnull=False,
                    given_up_said_at__isnull=False,
                    ended_at__isnull=False,
                ),
                name="identifier_use_that_is_given_up_has_ended",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="identifier_use_is_seen_last_not_before_first",
            ),
        ]
        indexes = [
            # Who appeared with an identifier lately, out of the many that an address may have.
            models.Index(fields=["identifier", "first_seen_at"], name="identifier_use_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.identifier} of {self.subscriber_id}"


class SubscriberKey(models.Model):
    """The data key of one subscriber, wrapped by the operator's key `key_id`.

    Without it what the vault holds of the subscriber is noise, in every backup too.
    """

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.PROTECT, primary_key=True, related_name="vault_key"
    )
    key_id = models.SmallIntegerField()
    wrapped = models.BinaryField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key_id", "subscriber"], name="subscriber_key_by_key")]

    def __str__(self) -> str:
        return f"Key of {self.subscriber_id}"


class PersonalData(models.Model):
    """The vault: names and raw contacts of one subscriber, under the subscriber's data key.

    Attributes:
        key_id: the operator's key that the data key is wrapped by.
    """

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.PROTECT, primary_key=True, related_name="personal_data"
    )
    key_id = models.SmallIntegerField()
    nonce = models.BinaryField(max_length=12)
    ciphertext = models.BinaryField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Personal data of {self.subscriber_id}"


class PersonalAccess(models.Model):
    """That somebody saw personal data, and why. Append-only.

    Attributes:
        subscriber: about whom; NULL where it was about many.
        what: names of what was seen, never a value.
    """

    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="personal_accesses",
    )
    what = models.JSONField()
    reason = models.CharField(max_length=500)
    seen_at = models.DateTimeField()
    seen_by = models.CharField(max_length=150)

    class Meta:
        verbose_name = "look at personal data"
        verbose_name_plural = "looks at personal data"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="personal_access_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.seen_by}, {self.seen_at:%Y-%m-%d %H:%M}"


class Erasure(models.Model):
    """The proof that a subscriber was erased. Append-only.

    Attributes:
        id_digest: keyed, of billing's id, so that its next report doesn't bring the subscriber
            back.
        forced_because: why it was done before its time; empty if its time had come.
        deleted, kept: how many rows of what.
        content_digest: SHA-256 over all that was deleted.
        books: the program's ledger totals, the same before and after.
    """

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, related_name="erasure"
    )
    id_digest = models.BinaryField(max_length=32)
    basis = models.CharField(max_length=500)
    forced_because = models.CharField(max_length=500, blank=True)
    deleted = models.JSONField()
    kept = models.JSONField()
    content_digest = models.BinaryField(max_length=32)
    books = models.JSONField()
    erased_at = models.DateTimeField()
    erased_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id_digest"], name="erasure_is_kept_once_per_id"),
            models.CheckConstraint(condition=~Q(basis=""), name="erasure_has_a_basis"),
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.subscriber_id}"
