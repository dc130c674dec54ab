"""The way from a page to the history of what it shows."""

from typing import Any

from django import template

from doors.history import history_address

register = template.Library()


@register.inclusion_tag("doors/admin/history_button.html", takes_context=True)
def history_button(context: dict[str, Any], kind: str, object_id: object) -> dict[str, str]:
    """A button, for those who may read the audit trail."""
    return {"address": history_address(context["request"], kind, object_id)}
