"""Whom a case is about."""

from fraud.models import Case


def focus_of(case: Case) -> int:
    """Whose behaviour is judged: the invitee of a referral, else who gets the benefit."""
    return case.other_id or case.subscriber_id
