"""Passwords of people; whoever gives theirs is who the trail names for what that changes."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from trail.acting import acting


class Passwords(ModelBackend):
    """Django's own check of a password.

    A right one that was hashed in an older way is hashed anew: nothing is written for a wrong one.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return whose name and password these are, if they are anybody's."""
        with acting(by=username or ""):
            found: Any = super().authenticate(request, username, password, **kwargs)
        return found if isinstance(found, User) else None
