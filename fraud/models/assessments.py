"""What screenings found."""

from django.db import models
from django.db.models import Q

from accounts.models import Subscriber
from fraud.policy.scoring import BANDS
from fraud.policy.words import choices_of
from loyalty.policy.gate import OUTCOMES

SUBJECT_TYPES = ("payout", "redemption", "join", "registration")


class Assessment(models.Model):
    """One screening of one subject, whole: enough to replay it. Append-only.

    Scores are kept in millionths, so that equal ones are equal.
    """

    id = models.BigAutoField(primary_key=True)
    subject_type = models.CharField(max_length=12, choices=choices_of(SUBJECT_TYPES))
    subject_id = models.CharField(max_length=64)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, related_name="assessments"
    )
    kind = models.CharField(max_length=16)
    value_minor = models.BigIntegerField()
    assessed_at = models.DateTimeField()
    rule_set = models.SmallIntegerField()
    is_shadow = models.BooleanField()
    # Every input, by name; what could not be known is null.
    facts = models.JSONField()
    # Per signal that counts: its value, the scaled x, its weight.
    contributions = models.JSONField()
    hits = models.JSONField()
    faults = models.JSONField()
    score_millionths = models.BigIntegerField()
    band = models.CharField(max_length=6, choices=choices_of(BANDS))
    outcome = models.CharField(max_length=6, choices=choices_of(OUTCOMES))
    # Of all of the above but the moment: a subject that waits is kept once, not at every look.
    meaning = models.BinaryField(max_length=16)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_type__in=SUBJECT_TYPES),
                name="assessment_subject_is_of_a_known_type",
            ),
            models.CheckConstraint(
                condition=Q(band__in=BANDS), name="assessment_band_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=OUTCOMES), name="assessment_outcome_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(score_millionths__gte=0), name="assessment_score_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="assessment_by_subject"),
            models.Index(fields=["subscriber", "assessed_at"], name="assessment_by_subscriber"),
            models.Index(fields=["assessed_at"], name="assessment_by_moment"),
            models.Index(
                fields=["rule_set", "assessed_at"],
                condition=Q(is_shadow=True),
                name="assessment_in_shadow",
            ),
        ]

    def __str__(self) -> str:
        return f"Assessment {self.pk} of {self.subject_type} {self.subject_id}"
