"""Who may do what with rule sets."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from fraud.models import RuleSetVersion

VIEW, DRAFT = "fraud.view_rulesetversion", "fraud.change_rulesetversion"
APPROVE = "fraud.approve_rulesetversion"
TRY = "fraud.add_trial"


def may_draft(request: HttpRequest) -> bool:
    """Whether this user may draft and propose."""
    return request.user.has_perm(DRAFT)


def may_approve(request: HttpRequest) -> bool:
    """Whether this user may put live what somebody else proposed."""
    return request.user.has_perm(APPROVE)


def may_withdraw(request: HttpRequest, version: RuleSetVersion) -> bool:
    """Whether this user may call off an approved rule set: as an approver, or as its proposer."""
    is_own = version.proposed_by == request.user.get_username()
    return may_approve(request) or (may_draft(request) and is_own)


def may_try(request: HttpRequest) -> bool:
    """Whether this user may start backtests."""
    return request.user.has_perm(TRY)


def demand(permission: bool) -> None:
    """Go on only with a permission.

    Raises:
        PermissionDenied: this user has none.
    """
    if not permission:
        raise PermissionDenied
