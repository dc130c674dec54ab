"""Which subscribers nobody has judged."""

from collections.abc import Sequence

from accounts.models import Subscriber
from accounts.news import REGISTERED
from outbox.models import Event


def names_registered(event_ids: Sequence[int]) -> list[str]:
    """The external ids that these announcements of registrations name."""
    announced = Event.objects.filter(id__in=event_ids, name=REGISTERED).order_by("id")
    return [item["subscriber_id"] for event in announced for item in event.items]


def not_judged(*, names: Sequence[str]) -> list[Subscriber]:
    """Those of these subscribers about whom nothing was said yet, in the order of their ids."""
    return list(
        Subscriber.objects.filter(external_id__in=set(names), standing__isnull=True).order_by("pk")
    )
