"""Who was erased."""

from collections.abc import Collection

from django.conf import settings

from accounts.models import Erasure
from accounts.policy.erasure import digests_of_ids


def erased_among(external_ids: Collection[str]) -> set[str]:
    """Which of billing's ids belonged to subscribers who were erased. One statement."""
    if not external_ids:
        return set()
    ids = digests_of_ids(external_ids, settings.IDENTIFIER_KEYS)
    found = Erasure.objects.filter(id_digest__in=list(ids)).values_list("id_digest", flat=True)
    return {ids[bytes(digest)] for digest in found}


def erasure_of(external_id: str) -> Erasure | None:
    """The proof that a subscriber was erased, None if they were not."""
    digests = digests_of_ids([external_id], settings.IDENTIFIER_KEYS)
    return Erasure.objects.filter(id_digest__in=list(digests)).first()
