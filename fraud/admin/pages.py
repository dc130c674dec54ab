"""What the pages of fraud that list no rows have in common."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def page(
    request: HttpRequest, template: str, title: Any, context: dict[str, Any]
) -> TemplateResponse:
    """A page in the admin's frame, for those who may see cases.

    Raises:
        PermissionDenied: this user may not.
    """
    if not request.user.has_perm("fraud.view_case"):
        raise PermissionDenied
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "title": title, **context}
    )


def case_address(case_id: int) -> str:
    """Where a case is shown; empty where no page shows cases."""
    try:
        return reverse("admin:fraud_case_change", args=[case_id])
    except NoReverseMatch:
        return ""


def rule_set_link(number: int) -> SafeString:
    """A rule set's number, leading to its page."""
    address = reverse("admin:fraud_rulesetversion_change", args=[number])
    return format_html('<a class="link" href="{}">{}</a>', address, number)
