"""The verbs of accounts: nothing else writes its tables."""

from accounts.operations.put_subscriber_if import put_subscriber_if
from accounts.operations.put_subscribers import (
    GivenUp,
    PutOutcome,
    SubscriberItem,
    put_subscribers,
)
from accounts.operations.read_personal_data import (
    HINTS,
    read_personal_data,
    record_access,
    unmask_hints,
)
from accounts.operations.record_uses import IdentifierSeen, know_identifiers, record_uses

__all__ = [
    "HINTS",
    "GivenUp",
    "IdentifierSeen",
    "PutOutcome",
    "SubscriberItem",
    "know_identifiers",
    "put_subscriber_if",
    "put_subscribers",
    "read_personal_data",
    "record_access",
    "record_uses",
    "unmask_hints",
]
