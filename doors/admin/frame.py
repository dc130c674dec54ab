"""What pages that a view renders itself have around them: the site, the trail, the title."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from doors.admin.theme import ModelAdmin


def frame(
    admin: ModelAdmin[Any], request: HttpRequest, original: Model | None, title: Any
) -> dict[str, Any]:
    """The context of a page of one row, or of none."""
    return {
        **admin.admin_site.each_context(request),
        "title": title,
        "opts": admin.opts,
        "model_admin": admin,
        "original": original,
    }
