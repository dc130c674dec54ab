"""Models of unusual activity, what they say of subscribers, and groups of look-alikes."""

from django.db import models
from django.db.models import Q

from accounts.models import Subscriber
from fraud.policy.anomalies import ANOMALY_KINDS, PERCENTILE_MAX
from fraud.policy.words import choices_of

DIGEST_BYTES = 32


class AnomalyModel(models.Model):
    """A fitted model; the latest of its kind is live.

    The artefact is a file of skops, which holds values and no code; it is loaded by the job that
    scores, and never by a screening.
    """

    version = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=choices_of(ANOMALY_KINDS))
    fitted_at = models.DateTimeField()
    # The day in the program's zone: a model is fitted once a day at most.
    fitted_on = models.DateField()
    seed = models.IntegerField()
    sample_size = models.IntegerField()
    features = models.JSONField()
    # The release of scikit-learn that made the artefact, which no other is sure to read.
    library = models.CharField(max_length=32)
    artefact = models.BinaryField()
    artefact_sha256 = models.BinaryField(max_length=DIGEST_BYTES)
    metrics = models.JSONField()
    is_in_score = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "fitted_on"], name="anomaly_model_is_fitted_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ANOMALY_KINDS), name="anomaly_model_kind_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(sample_size__gt=0), name="anomaly_model_is_fitted_on_somebody"
            ),
            models.CheckConstraint(
                condition=Q(artefact_sha256__length=DIGEST_BYTES),
                name="anomaly_model_has_a_whole_digest",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-fitted_at"], name="anomaly_model_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class AnomalyScore(models.Model):
    """How unusual a subscriber is, by the last model of a kind that scored them."""

    pk = models.CompositePrimaryKey("subscriber_id", "kind")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=16, choices=choices_of(ANOMALY_KINDS))
    # The share of the model's sample that is less unusual, in thousandths of a per cent.
    percentile_thousandths = models.IntegerField()
    # What is furthest from usual, as {feature, value, usual}; only of the most unusual.
    furthest = models.JSONField()
    model = models.ForeignKey(AnomalyModel, on_delete=models.PROTECT, related_name="scores")
    scored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ANOMALY_KINDS), name="anomaly_score_kind_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(
                    percentile_thousandths__gte=0, percentile_thousandths__lte=PERCENTILE_MAX
                ),
                name="anomaly_score_is_a_percentile",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-percentile_thousandths", "subscriber"],
                condition=Q(percentile_thousandths__gte=99_000),
                name="anomaly_score_from_the_top",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subscriber_id}: {self.percentile_thousandths / 1000:.1f}"


class LookAlikeGroup(models.Model):
    """Fresh accounts that behave as if one person had made them all, found by one run."""

    id = models.BigAutoField(primary_key=True)
    found_at = models.DateTimeField()
    number = models.SmallIntegerField()
    size = models.IntegerField()
    # The mean distance from the group's centre, in thousandths of what is usual among all.
    spread_thousandths = models.IntegerField()
    # What its members have in common, as {feature, value, usual}.
    common = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["found_at", "number"], name="look_alike_groups_of_a_run_are_numbered"
            ),
            models.CheckConstraint(condition=Q(size__gte=2), name="look_alike_group_is_of_several"),
            models.CheckConstraint(
                condition=Q(spread_thousandths__gte=0), name="look_alike_spread_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} look-alikes"


class LookAlikeMember(models.Model):
    """That a subscriber is in a group of look-alikes."""

    pk = models.CompositePrimaryKey("group_id", "subscriber_id")
    group = models.ForeignKey(
        LookAlikeGroup, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.subscriber_id} of group {self.group_id}"
