"""The versions of the rule set."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from fraud.policy.words import choices_of
from trail.authors import is_an_author
from trail.tracking import tracked

RULE_SET_STATUSES = ("draft", "proposed", "approved", "withdrawn")


@tracked()
class RuleSetVersion(models.Model):
    """One version of what stops benefits; of the approved ones the last that began is live."""

    number = models.SmallIntegerField(primary_key=True)
    status = models.CharField(max_length=9, choices=choices_of(RULE_SET_STATUSES), default="draft")
    content = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    # Everybody who has drafted or changed it: none of them puts it live.
    authors = ArrayField(
        models.CharField(max_length=150),
        default=list,
        db_default=Value([], ArrayField(models.CharField())),
        blank=True,
    )
    # Scores beside the live one, and stops nothing.
    shadow_since_at = models.DateTimeField(null=True, blank=True)
    shadow_since_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    # From when on it screens; at once when it was approved, if nobody said.
    starts_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    withdrawn_reason = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        verbose_name = "rule set"
        permissions = [("approve_rulesetversion", "Can put rule sets live")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RULE_SET_STATUSES), name="rule_set_status_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(proposed_at__isnull=False, proposed_by__isnull=False),
                name="rule_set_is_proposed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("approved", "withdrawn"))
                | Q(approved_at__isnull=False, approved_by__isnull=False),
                name="rule_set_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("approved", "withdrawn"))
                | ~Q(approved_by=F("proposed_by"))
                | Q(number=1, approved_by="system"),
                name="rule_set_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("approved", "withdrawn")) | ~is_an_author("approved_by"),
                name="rule_set_is_approved_by_none_of_its_authors",
            ),
            models.CheckConstraint(
                condition=Q(shadow_since_at__isnull=True)
                | Q(status="proposed", shadow_since_by__isnull=False),
                name="rule_set_in_shadow_is_proposed",
            ),
            models.UniqueConstraint(
                fields=["approved_at"],
                condition=Q(status="approved"),
                name="rule_sets_go_live_at_different_moments",
            ),
            models.UniqueConstraint(
                Coalesce("starts_at", "approved_at"),
                condition=Q(status="approved"),
                name="rule_sets_start_at_different_moments",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="withdrawn",
                    withdrawn_by__isnull=False,
                    starts_at__isnull=False,
                    withdrawn_at__isnull=False,
                    withdrawn_at__lt=F("starts_at"),
                )
                | ~Q(status="withdrawn") & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True),
                name="rule_set_is_withdrawn_before_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"Rule set {self.number}"
