"""API clients: OAuth applications, each with the scopes that it may ask for."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from oauth2_provider.models import AbstractApplication
from oauth2_provider.scopes import get_scopes_backend


def check_scope(scope: str) -> None:
    """Refuse a scope that no view knows.

    Raises:
        ValidationError: there is no such scope.
    """
    if scope not in get_scopes_backend().get_all_scopes():
        raise ValidationError("There is no scope %(scope)s.", params={"scope": scope})


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

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]
        constraints = [
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


class ClockTick(models.Model):
    """When the clock's last stroke was carried out; one row."""

    ticked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="clock_has_one_tick", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"Tick at {self.ticked_at}"
