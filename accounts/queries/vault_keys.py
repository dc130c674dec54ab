"""Which keys of the vault are in use."""

from datetime import datetime

from django.db.models import Q

from accounts.models import SubscriberKey


def keys_counted(*, other_than: int, made_before: datetime | None = None) -> int:
    """How many subscribers' keys lie under other keys than one, or are older than a moment."""
    due = ~Q(key_id=other_than)
    if made_before is not None:
        due |= Q(created_at__lt=made_before)
    return SubscriberKey.objects.filter(due).count()
