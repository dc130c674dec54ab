"""Whether fraud still needs to know who somebody is."""

from django.db.models import Q

from fraud.models import Case
from fraud.policy.cases import CLOSED


def has_open_case(*, subscriber_id: int) -> bool:
    """Whether a case that a subscriber is a party to is not decided yet."""
    of_theirs = Q(subscriber=subscriber_id) | Q(other=subscriber_id)
    return Case.objects.filter(of_theirs).exclude(status=CLOSED).exists()
