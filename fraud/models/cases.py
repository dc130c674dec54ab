"""Cases: what persons have to look at, and every step that they took."""

from django.db import models
from django.db.models import Case as Choice
from django.db.models import F, Q, Value, When

from accounts.models import Subscriber
from fraud.models.assessments import SUBJECT_TYPES, Assessment
from fraud.policy.cases import ANOMALY, CASE_STATUSES, QUEUES, SAMPLE, VERDICTS
from fraud.policy.scoring import BANDS, HIGH, MEDIUM
from fraud.policy.words import choices_of

# The order in which cases are worth an analyst's time: what nobody waits for comes last, then
# by band, value at risk and deadline. The index `case_in_order` has the same expressions.
QUEUE_ORDER = (
    Choice(
        When(queue__in=(SAMPLE, ANOMALY), then=Value(1)),
        default=Value(0),
        output_field=models.SmallIntegerField(),
    ),
    Choice(
        When(band=HIGH, then=Value(0)),
        When(band=MEDIUM, then=Value(1)),
        default=Value(2),
        output_field=models.SmallIntegerField(),
    ),
    F("value_minor").desc(),
    F("due_at"),
    F("id"),
)


class Case(models.Model):
    """A subject that a person should decide over; status and verdict are two things."""

    id = models.BigAutoField(primary_key=True)
    queue = models.CharField(max_length=12, choices=choices_of(QUEUES))
    subject_type = models.CharField(max_length=12, choices=choices_of(SUBJECT_TYPES))
    subject_id = models.CharField(max_length=64)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, related_name="fraud_cases"
    )
    # Who should be looked at beside them: the invitee of a referral.
    other = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True)
    value_minor = models.BigIntegerField()
    score_millionths = models.BigIntegerField()
    band = models.CharField(max_length=6, choices=choices_of(BANDS))
    status = models.CharField(max_length=9, choices=choices_of(CASE_STATUSES))
    is_escalated = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    has_lapsed = models.BooleanField(default=False)
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    snoozed_until = models.DateTimeField(null=True)
    # The first of two verdicts, above the four-eyes limit.
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    verdict = models.CharField(max_length=15, choices=choices_of(VERDICTS), blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, null=True)  # noqa: DJ001

    class Meta:
        permissions = [
            ("decide_case", "Can claim and decide cases"),
            ("decide_cases_in_bulk", "Can decide many cases at once"),
            ("escalated_case", "Can decide escalated cases"),
            ("unmask_identifiers", "Can see identifiers unmasked"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=~Q(status="closed"),
                name="case_is_open_once_per_subject",
            ),
            models.CheckConstraint(condition=Q(queue__in=QUEUES), name="case_queue_is_a_known_one"),
            models.CheckConstraint(
                condition=Q(status__in=CASE_STATUSES), name="case_status_is_a_known_one"
            ),
            models.CheckConstraint(condition=Q(band__in=BANDS), name="case_band_is_a_known_one"),
            models.CheckConstraint(
                condition=Q(status="claimed", claimed_at__isnull=False, claimed_by__isnull=False)
                | (~Q(status="claimed") & Q(claimed_at__isnull=True, claimed_by__isnull=True)),
                name="case_is_claimed_by_somebody_exactly_if_claimed",
            ),
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_until__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_until__isnull=True)),
                name="case_has_an_end_of_its_snooze_exactly_if_snoozed",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="closed",
                    verdict__in=VERDICTS,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                | (~Q(status="closed") & Q(decided_at__isnull=True, decided_by__isnull=True)),
                name="case_is_decided_by_somebody_exactly_if_closed",
            ),
        ]
        indexes = [
            models.Index(*QUEUE_ORDER, condition=~Q(status="closed"), name="case_in_order"),
            models.Index(fields=["due_at"], condition=~Q(status="closed"), name="case_by_deadline"),
            models.Index(fields=["subscriber", "opened_at"], name="case_by_subscriber"),
            models.Index(
                fields=["decided_at"], condition=Q(status="closed"), name="case_by_verdict"
            ),
            # The last verdict over a subject, beside each of many assessments.
            models.Index(
                fields=["subject_type", "subject_id", "-decided_at", "-id"],
                condition=Q(status="closed"),
                name="case_decided_by_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}"


class CaseEvent(models.Model):
    """A step of a case: who, why, the old and the new values. Append-only."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=16)
    before = models.JSONField()
    after = models.JSONField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at", "id"], name="case_event_by_time")]

    def __str__(self) -> str:
        return f"{self.step} of case {self.case_id}"
