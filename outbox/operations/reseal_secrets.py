"""Seal the secrets of webhooks anew, after a key was put before the others."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from outbox.models import Endpoint
from outbox.policy.sealing import resealed
from trail.acting import acting

REASON = "Sealed by a new key; the secret is the same."


@transaction.atomic
def reseal_secrets() -> int:
    """Seal every secret by the first of `SECRETS_KEYS`, whichever key it lies under; all or none.

    What endpoints verify with stays the same. Safe to repeat. Afterwards the other keys may go.

    Returns:
        How many webhooks there are, the removed ones among them.

    Raises:
        NoKeys: there is no key.
        InvalidToken: a secret lies under a key that is not there.
    """
    keys: Sequence[str] = settings.SECRETS_KEYS
    endpoints = list(Endpoint.objects.select_for_update(no_key=True).order_by("pk"))
    for endpoint in endpoints:
        endpoint.secret = resealed(bytes(endpoint.secret), keys)
        if endpoint.previous_secret is not None:
            endpoint.previous_secret = resealed(bytes(endpoint.previous_secret), keys)
    with acting(reason=REASON):
        Endpoint.objects.bulk_update(endpoints, ["secret", "previous_secret"])
    return len(endpoints)
