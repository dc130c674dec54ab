"""Who has looked at personal data lately."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import PersonalAccess

# As long as a claim on a case lasts.
LOOK_LASTS = timedelta(minutes=60)


def hints_shown_to(*, subscriber_id: int, by: str, now: datetime) -> set[int]:
    """Identifiers of a subscriber whose hints somebody asked to see within the last hour."""
    looks: Iterable[PersonalAccess] = PersonalAccess.objects.filter(
        subscriber_id=subscriber_id, seen_by=by, seen_at__gt=now - LOOK_LASTS
    )
    return {key for look in looks for key in look.what if isinstance(key, int)}
