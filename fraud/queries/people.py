"""Whom a case is about."""

from collections.abc import Sequence

from accounts.models import Subscriber
from accounts.queries.subscribers import NoSuchSubscriber
from fraud.models import Case


def focus_of(case: Case) -> int:
    """Whose behaviour is judged: the invitee of a referral, else who gets the benefit."""
    return case.other_id or case.subscriber_id


def ids_called(names: Sequence[str]) -> list[int]:
    """The subscribers with these external ids.

    Raises:
        NoSuchSubscriber: billing has not reported one of them.
    """
    wanted = set(names)
    found = list(Subscriber.objects.filter(external_id__in=wanted).values_list("pk", flat=True))
    if len(found) < len(wanted):
        raise NoSuchSubscriber
    return sorted(found)
