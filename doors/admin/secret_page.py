"""Secrets that are shown once: the form that makes one, and the page that shows it."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class MakesSecrets(_Admin):
    """An admin whose form has one button: the secret's page may come after it."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form without the ways to go on from it."""
        only = {"show_save_and_continue": False, "show_save_and_add_another": False}
        more = {**(extra_context or {}), **only}
        return super().changeform_view(request, object_id, form_url, more)


def keep_secret(request: HttpRequest, secret: str | None) -> None:
    """Keep a secret with this one request only: neither the session nor a message sees it."""
    request.secret_shown_once = secret  # type: ignore[attr-defined]


def kept_secret(request: HttpRequest) -> str | None:
    """The secret that this request made, if it made one."""
    secret: str | None = request.secret_shown_once  # type: ignore[attr-defined]
    return secret


def secret_shown(
    request: HttpRequest, template: str, context: dict[str, Any], secret: str
) -> HttpResponse:
    """The page with the secret, which nothing keeps."""
    response = TemplateResponse(request, template, context | {"secret": secret})
    response["Cache-Control"] = "no-store"
    return response
