"""The verbs of accounts: nothing else writes its tables."""

from accounts.operations.put_subscribers import (
    PutOutcome,
    SubscriberItem,
    put_subscribers,
)
from accounts.operations.record_uses import IdentifierSeen, record_uses

__all__ = [
    "IdentifierSeen",
    "PutOutcome",
    "SubscriberItem",
    "put_subscribers",
    "record_uses",
]
