"""The login form, and the name under which a failed login is counted."""

from typing import Any

from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

# What django-axes has room for.
COUNTED_NAME_MAX = 255


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """Refuses a name that is longer than any user's, as Django's own form means to."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        name = self.fields["username"]
        name.validators.append(MaxLengthValidator(name.max_length))


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name under which django-axes counts a failed login.

    It would pass any name on to the database, which refuses long ones and NUL.
    """
    said = (credentials or request.POST).get("username") or ""
    return str(said).replace("\x00", "")[:COUNTED_NAME_MAX]
