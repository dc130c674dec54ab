"""Which subscribers nobody has judged."""

from collections.abc import Sequence

from accounts.models import Subscriber


def not_judged(*, names: Sequence[str]) -> list[Subscriber]:
    """Those of these subscribers about whom nothing was said yet, in the order of their ids."""
    return list(
        Subscriber.objects.filter(external_id__in=set(names), standing__isnull=True).order_by("pk")
    )
