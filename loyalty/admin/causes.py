"""Pages that show what a payout is for; the apps above that request payouts add theirs."""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse


class CausePage(NamedTuple):
    """The name of a page that takes the id of a cause, and who may see it."""

    name: str
    permission: str


CAUSE_PAGES: dict[str, CausePage] = {}


def cause_address(request: HttpRequest, cause_type: str, cause_id: str) -> str:
    """Where a cause is shown, or nothing if nowhere or not to this user."""
    page = CAUSE_PAGES.get(cause_type)
    if page is None or not request.user.has_perm(page.permission):
        return ""
    return reverse(page.name, args=[cause_id])
