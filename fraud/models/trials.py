"""Trials of rule sets over what was assessed."""

from django.db import models
from django.db.models import F, Q

from fraud.models.rule_sets import RuleSetVersion
from fraud.policy.trials import TRIAL_KINDS, TRIAL_STATUSES
from fraud.policy.words import choices_of


class Trial(models.Model):
    """A backtest, a calibration or a fit of weights: asked for by a person, run by a worker."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=11, choices=choices_of(TRIAL_KINDS))
    rule_set = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="trials")
    # What is tried: the rule set as it was then, which as a draft may be changed afterwards.
    rules = models.JSONField()
    # Of the moments of assessments; `until` is not in it.
    since = models.DateTimeField()
    until = models.DateTimeField()
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=7, choices=choices_of(TRIAL_STATUSES), default="waiting")
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)
    # The last worker that took it up, under a name that no other call ever has.
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=32, null=True)  # noqa: DJ001
    # A worker that is silent until then is taken for dead.
    leased_until = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    # Of about so many assessments; 0 of 0 while nobody has counted.
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    failure = models.CharField(max_length=500, blank=True, default="")
    # The draft that was made of the result.
    draft = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField(null=True)
    drafted_by = models.CharField(max_length=150, null=True)  # noqa: DJ001

    class Meta:
        verbose_name = "trial of a rule set"
        verbose_name_plural = "trials of rule sets"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=TRIAL_KINDS), name="trial_kind_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(status__in=TRIAL_STATUSES), name="trial_status_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("since")), name="trial_window_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(
                    status="running",
                    claimed_at__isnull=False,
                    claimed_by__isnull=False,
                    leased_until__isnull=False,
                )
                | ~Q(status="running") & Q(leased_until__isnull=True),
                name="trial_is_leased_exactly_if_it_runs",
            ),
            models.CheckConstraint(
                condition=Q(status="done", result__isnull=False, finished_at__isnull=False)
                | ~Q(status="done") & Q(result__isnull=True),
                name="trial_has_a_result_exactly_if_it_is_done",
            ),
            models.CheckConstraint(
                condition=Q(status="failed", finished_at__isnull=False) & ~Q(failure="")
                | ~Q(status="failed") & Q(failure=""),
                name="trial_says_why_exactly_if_it_failed",
            ),
            models.CheckConstraint(
                condition=Q(draft__isnull=True, drafted_at__isnull=True, drafted_by__isnull=True)
                | Q(draft__isnull=False, drafted_at__isnull=False, drafted_by__isnull=False),
                name="trial_is_drafted_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=("waiting", "running")),
                name="trial_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"Trial {self.pk} of rule set {self.rule_set_id}"
