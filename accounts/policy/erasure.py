"""Erasing a subscriber: when it may be done, and what is never taken in again."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from accounts.policy.history import CLOSED
from kernel.refusals import Refusal


class SubscriberErased(Refusal):
    code = "subscriber_erased"
    title = "This subscriber was erased; whoever comes back comes under a new id."


class SubscriberNotClosed(Refusal):
    code = "subscriber_not_closed"
    title = "Only a closed subscriber is erased, unless it is forced for a reason."


class ErasureWaitsForCase(Refusal):
    code = "erasure_waits_for_case"
    title = "A fraud case about this subscriber is open: decide it first, or force the erasure."


class ReasonForPersonalMissing(Refusal):
    code = "reason_for_personal_missing"
    title = "Whoever sees or erases personal data says why."


@dataclass(frozen=True, slots=True)
class ToErase:
    """What decides whether a subscriber may be erased."""

    status: str
    has_open_case: bool


def refusal_to_erase(facts: ToErase, *, basis: str, forced_because: str) -> Refusal | None:
    """Why a subscriber can't be erased now, or None."""
    if not basis.strip():
        return ReasonForPersonalMissing()
    if forced_because.strip():
        return None
    if facts.status != CLOSED:
        return SubscriberNotClosed()
    return ErasureWaitsForCase() if facts.has_open_case else None


def digest_of_id(external_id: str, key: str) -> bytes:
    """HMAC-SHA-256 of billing's id: all by which an erased subscriber is told from a new one."""
    return hmac.new(key.encode(), f"tenure:erased\x00{external_id}".encode(), sha256).digest()


def digests_of_ids(external_ids: Iterable[str], keys: Mapping[int, str]) -> dict[bytes, str]:
    """Billing's ids by their digests under each key."""
    ids = list(external_ids)
    return {digest_of_id(each, key): each for key in keys.values() for each in ids}
