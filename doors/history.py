"""Where the history of an object is read."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

READ = "audit.view_trail"


def history_address(request: HttpRequest, kind: str, object_id: object) -> str:
    """Where an object's history is read; empty for whoever may not.

    Args:
        kind: what the trail calls it (`audit/queries/sources.py`).
    """
    if not kind or not request.user.has_perm(READ):
        return ""
    return f"{reverse('audit-trail')}?{urlencode({'kind': kind, 'object': object_id})}"
