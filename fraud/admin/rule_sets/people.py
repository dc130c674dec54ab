"""Who may do what with rule sets."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

VIEW, DRAFT = "fraud.view_rulesetversion", "fraud.change_rulesetversion"
APPROVE = "fraud.approve_rulesetversion"


def may_draft(request: HttpRequest) -> bool:
    """Whether this user may draft and propose."""
    return request.user.has_perm(DRAFT)


def may_approve(request: HttpRequest) -> bool:
    """Whether this user may put live what somebody else proposed."""
    return request.user.has_perm(APPROVE)


def demand(permission: bool) -> None:
    """Go on only with a permission.

    Raises:
        PermissionDenied: this user has none.
    """
    if not permission:
        raise PermissionDenied
