"""The versions of the program's terms."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value

from loyalty.models.columns import choices_of
from trail.authors import is_an_author
from trail.tracking import tracked

TERMS_STATUSES = ("draft", "proposed", "active", "withdrawn")


@tracked()
class TermsVersion(models.Model):
    """One version of the program's terms; in force from `effective_from` to the next one's."""

    number = models.SmallIntegerField(primary_key=True)
    status = models.CharField(max_length=9, choices=choices_of(TERMS_STATUSES), default="draft")
    content = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    # Everybody who has drafted or changed it: none of them puts it in force.
    authors = ArrayField(
        models.CharField(max_length=150),
        default=list,
        db_default=Value([], ArrayField(models.CharField())),
        blank=True,
    )
    effective_from = models.DateTimeField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001
    withdrawn_reason = models.CharField(max_length=500, blank=True, db_default="")

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
                condition=~Q(status__in=("active", "withdrawn"))
                | Q(
                    effective_from__isnull=False,
                    activated_at__isnull=False,
                    activated_by__isnull=False,
                ),
                name="terms_are_activated_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("active", "withdrawn"))
                | ~Q(activated_by=F("proposed_by"))
                | Q(number=1, activated_by="system"),
                name="terms_are_activated_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("active", "withdrawn")) | ~is_an_author("activated_by"),
                name="terms_are_activated_by_none_of_their_authors",
            ),
            models.UniqueConstraint(
                fields=["effective_from"],
                condition=Q(status="active"),
                name="terms_begin_at_different_moments",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="withdrawn",
                    withdrawn_by__isnull=False,
                    withdrawn_at__isnull=False,
                    withdrawn_at__lt=F("effective_from"),
                )
                | ~Q(status="withdrawn") & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True),
                name="terms_are_withdrawn_before_they_begin",
            ),
        ]

    def __str__(self) -> str:
        return f"Terms {self.number}"
