"""Who acts in the admin, as the verbs know them."""

from django.http import HttpRequest

from fraud.policy.cases import Analyst

DECIDE, BULK = "fraud.decide_case", "fraud.decide_cases_in_bulk"
SENIOR, UNMASK = "fraud.escalated_case", "fraud.unmask_identifiers"
FREEZE = "loyalty.freeze_payout"


def analyst(request: HttpRequest) -> Analyst:
    """Whoever is logged in."""
    return Analyst(request.user.get_username(), is_senior=request.user.has_perm(SENIOR))
