"""API clients: OAuth applications, each with its scopes and limits; and what they used up.

And the tables of others that people change in the admin, for the trail of their changes.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)
from django_otp.plugins.otp_totp.models import TOTPDevice
from oauth2_provider.models import AbstractApplication
from oauth2_provider.scopes import get_scopes_backend

from doors.owned import OWNED_KINDS
from trail.tracking import track_model_of_another, tracked


def check_scope(scope: str) -> None:
    """Refuse a scope that no view knows.

    Raises:
        ValidationError: there is no such scope.
    """
    if scope not in get_scopes_backend().get_all_scopes():
        raise ValidationError("There is no scope %(scope)s.", params={"scope": scope})


@tracked()
class ClientGroup(models.Model):  # type: ignore[django-manager-missing]
    """Clients that see and change what any of them made, of some kinds of resources."""

    name = models.CharField(max_length=100, unique=True)
    kinds = ArrayField(
        models.CharField(max_length=16), verbose_name="what they share", default=list
    )

    class Meta:
        verbose_name = "group of clients"
        verbose_name_plural = "groups of clients"
        constraints = [
            models.CheckConstraint(
                name="client_group_shares_known_kinds",
                condition=models.Q(kinds__contained_by=list(OWNED_KINDS)),
            ),
            models.CheckConstraint(
                name="client_group_shares_something", condition=~models.Q(kinds=[])
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked(secrets=["client_secret", "previous_secret"], without=["updated"])
class Client(AbstractApplication):  # type: ignore[misc]
    """A system that calls the API, with credentials of its own."""

    scopes = ArrayField(
        models.CharField(max_length=64, validators=[check_scope]),
        default=list,
        blank=True,
        help_text="What its tokens may be good for, separated by commas.",
    )
    is_enabled = models.BooleanField(
        default=True,
        help_text="A disabled client gets no tokens, and those it has are dead.",
    )
    group = models.ForeignKey(
        ClientGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        help_text="Clients of a group share what one of them made.",
    )

    previous_secret = models.CharField(max_length=255, blank=True, default="", db_default="")
    previous_until = models.DateTimeField("former secret works until", null=True, blank=True)

    reads_per_second = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Requests that read; empty for the default, 0 for no limit.",
    )
    writes_per_second = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Requests that write, a batch as one; empty for the default, 0 for no limit.",
    )
    daily_charge_limit_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Kopecks of charges that it may post in a day."
    )
    daily_redemption_limit_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Kopecks of redemptions that it may reserve in a day."
    )

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]
        constraints = [
            models.CheckConstraint(
                name="client_keeps_a_former_secret_until_some_moment",
                condition=models.Q(previous_secret="", previous_until__isnull=True)
                | (~models.Q(previous_secret="") & models.Q(previous_until__isnull=False)),
            ),
            models.CheckConstraint(
                name="client_daily_charge_limit_is_not_negative",
                condition=models.Q(daily_charge_limit_minor__isnull=True)
                | models.Q(daily_charge_limit_minor__gte=0),
            ),
            models.CheckConstraint(
                name="client_daily_redemption_limit_is_not_negative",
                condition=models.Q(daily_redemption_limit_minor__isnull=True)
                | models.Q(daily_redemption_limit_minor__gte=0),
            ),
            models.CheckConstraint(
                name="client_uses_client_credentials_only",
                condition=models.Q(
                    authorization_grant_type=AbstractApplication.GRANT_CLIENT_CREDENTIALS,
                    client_type=AbstractApplication.CLIENT_CONFIDENTIAL,
                ),
            ),
        ]

    def is_usable(self, request: Any) -> bool:
        """Return whether tokens may be issued to it or used by it: DOT asks on both occasions."""
        return self.is_enabled

    def has_former_secret(self, now: datetime) -> bool:
        """Return whether the secret before its own works, too."""
        return self.previous_until is not None and bool(self.previous_until > now)


class Export(models.Model):
    """A file that somebody took out of the admin. Append-only, by privileges and by trigger.

    Attributes:
        kind, key: what it is about, by the words of the audit trail and the row's id.
        asked: what narrowed it, by the names of the page's parameters.
    """

    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True, default="")
    file = models.CharField(max_length=100)
    asked = models.JSONField(default=dict)
    page = models.CharField(max_length=255)
    request = models.CharField(max_length=64)
    exported_at = models.DateTimeField()
    exported_by = models.CharField(max_length=150)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["exported_at", "id"], name="export_by_time")]

    def __str__(self) -> str:
        return self.file


class ClockTick(models.Model):
    """When the clock's last stroke was carried out; one row."""

    ticked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="clock_has_one_tick", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"Tick at {self.ticked_at}"


class Allowance(models.Model):
    """How far somebody's requests are paid for (doors.rates); lost in a crash, and no harm done."""

    name = models.CharField(max_length=100, primary_key=True)
    paid_until_us = models.BigIntegerField(help_text="Microseconds since 1970.")
    taken = models.IntegerField(help_text="Requests that the last lease took.")

    def __str__(self) -> str:
        return self.name


def _track(model: type[models.Model], called: str, **but: list[str]) -> None:
    track_model_of_another(model, under="doors", called=called, **but)


# A login isn't a change.
_track(User, "User", secrets=["password"], without=["last_login"])
_track(User.groups.through, "UserGroup")
_track(User.user_permissions.through, "UserPermission")
_track(Group, "Group")
_track(Group.permissions.through, "GroupPermission")
# Each code that is tried leaves something.
_track(
    TOTPDevice,
    "SecondFactor",
    secrets=["key"],
    without=[
        "drift",
        "last_t",
        "last_used_at",
        "throttling_failure_count",
        "throttling_failure_timestamp",
    ],
)

# Beat notes each run.
_track(PeriodicTask, "PeriodicTask", without=["last_run_at", "total_run_count", "date_changed"])
_track(CrontabSchedule, "CrontabSchedule")
_track(IntervalSchedule, "IntervalSchedule")
_track(ClockedSchedule, "ClockedSchedule")
