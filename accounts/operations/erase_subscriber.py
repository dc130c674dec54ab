"""Forget who a subscriber is; what they did stays in the books, by internal id."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from accounts.models import (
    Erasure,
    Identifier,
    IdentifierUse,
    PersonalData,
    Subscriber,
    SubscriberKey,
)
from accounts.policy.erasure import digest_of_id

_OWN = """
    SELECT i.id, i.kind, i.digest FROM accounts_identifieruse u
    JOIN accounts_identifier i ON i.id = u.identifier_id
    WHERE u.subscriber_id = %s AND NOT i.is_meaningless AND NOT EXISTS (
        SELECT 1 FROM accounts_identifieruse o
        WHERE o.identifier_id = i.id AND o.subscriber_id <> u.subscriber_id
    )
    ORDER BY i.id
"""


class Forgotten(NamedTuple):
    """What is gone: how many rows of what, and SHA-256 over all of it."""

    deleted: dict[str, int]
    content_digest: bytes


def own_identifiers(*, subscriber_id: int) -> list[int]:
    """Identifiers that nobody but this subscriber was seen with, and that mean something."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [subscriber_id])
        return [row[0] for row in cursor.fetchall()]


def forget_subscriber(
    *, subscriber: Subscriber, keep: Collection[int], renamed: str, now: datetime
) -> Forgotten:
    """Delete key, vault row, uses and digests of a subscriber whose row the caller has locked.

    Args:
        keep: identifiers of theirs that somebody else still needs; only their hints go.
        renamed: what the subscriber is called from now on.

    Returns:
        What was deleted.
    """
    own = own_identifiers(subscriber_id=subscriber.pk)
    # The key first: whoever rotates keys takes it first, too.
    keys = SubscriberKey.objects.filter(subscriber=subscriber)
    list(keys.select_for_update().values_list("pk"))
    vault = PersonalData.objects.filter(subscriber=subscriber)
    uses = IdentifierUse.objects.filter(subscriber=subscriber)
    identifiers = Identifier.objects.filter(pk__in=set(own) - set(keep))
    parts: Mapping[str, Any] = {
        "vault_rows": vault.values_list("nonce", "ciphertext"),
        "subscriber_keys": keys.values_list("key_id", "wrapped"),
        "identifier_uses": uses.order_by("pk").values_list("identifier_id", "first_seen_at"),
        "identifiers": identifiers.order_by("pk").values_list("kind", "digest"),
    }
    content = {name: [_text(row) for row in rows] for name, rows in parts.items()}
    content["billing_ids"] = [subscriber.external_id]

    subscriber.msisdn_id = None
    subscriber.msisdn_country = ""
    subscriber.external_id, subscriber.updated_at = renamed, now
    subscriber.save(update_fields=["msisdn", "msisdn_country", "external_id", "updated_at"])
    for rows in (vault, keys, uses, identifiers):
        rows.delete()
    hints = Identifier.objects.filter(pk__in=set(own) & set(keep)).exclude(hint="").update(hint="")

    deleted = {**{name: len(rows) for name, rows in content.items()}, "hints": hints}
    return Forgotten(deleted, _digest(content))


def keep_erasure(
    *,
    subscriber_id: int,
    external_id: str,
    basis: str,
    forced_because: str,
    forgotten: Forgotten,
    kept: Mapping[str, int],
    books: Mapping[str, Any],
    by: str,
    now: datetime,
) -> Erasure:
    """Keep the proof of an erasure, for good.

    Args:
        external_id: billing's id, of which only a keyed digest is kept.
    """
    return Erasure.objects.create(
        subscriber_id=subscriber_id,
        id_digest=digest_of_id(external_id, settings.IDENTIFIER_KEYS[settings.IDENTIFIER_KEY_ID]),
        basis=basis.strip()[:500],
        forced_because=forced_because.strip()[:500],
        deleted=forgotten.deleted,
        kept=dict(kept),
        content_digest=forgotten.content_digest,
        books=dict(books),
        erased_at=now,
        erased_by=by,
    )


def name_of_erased() -> str:
    """What an erased subscriber is called: it leads nowhere."""
    return f"erased-{secrets.token_hex(12)}"


def _text(row: Sequence[Any]) -> str:
    return "|".join(
        bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in row
    )


def _digest(content: Mapping[str, list[str]]) -> bytes:
    lines = [f"{name}\t{row}\n" for name in sorted(content) for row in content[name]]
    return sha256("".join(lines).encode()).digest()
