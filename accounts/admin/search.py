"""Finding a subscriber by what a person types: an id, or a phone number in any notation."""

import re

from django.conf import settings

from accounts.models import Identifier
from accounts.policy.identifiers import PHONE, identifier_digest
from accounts.policy.phones import possible_msisdn
from accounts.queries.identifiers import identifier_with

# Short numbers are ids, or parts of them.
_PHONE_NUMBER = re.compile(r"[^A-Za-z]{6,32}")


def is_phone_number(typed: str) -> bool:
    """Whether this can be meant as a phone number."""
    return _normal(typed) is not None


def line_with(typed: str) -> Identifier | None:
    """The phone number that was typed, if it was ever seen: under whichever key."""
    normal = _normal(typed)
    if normal is None:
        return None
    keys = settings.IDENTIFIER_KEYS
    digests = [identifier_digest(PHONE, normal, keys, key_id).digest for key_id in keys]
    return identifier_with(kind=PHONE, digests=digests)


def _normal(typed: str) -> str | None:
    if not _PHONE_NUMBER.fullmatch(typed):
        return None
    return possible_msisdn(typed, settings.PROGRAM_REGION)
