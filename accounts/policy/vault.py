"""The vault's envelopes: data under a key of the subscriber's, which lies under the operator's.

AES-256-GCM throughout. Each box is bound to its subscriber and to the form of its content, so that
a row that is copied to another subscriber opens no more than one that was tampered with.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# What the vault holds, and nothing else does. Passports, cards, devices and IP addresses are known
# by their digests only: nobody is reached through them.
NAME, MSISDN, EMAIL, ADDRESS, BIRTH_DATE = "name", "msisdn", "email", "address", "birth_date"
PERSONAL_FIELDS = (NAME, MSISDN, EMAIL, ADDRESS, BIRTH_DATE)

NONCE_BYTES = 12
_FORM = 1

Personal = Mapping[str, str]


class VaultKeyMissing(LookupError):
    """The configuration has lost a key that rows were sealed under."""


class WrappedKey(NamedTuple):
    """A subscriber's data key, as it is kept: under the key `key_id` of the operator."""

    key_id: int
    wrapped: bytes


class Sealed(NamedTuple):
    """A subscriber's data, as they are kept."""

    nonce: bytes
    ciphertext: bytes


class VaultKeys:
    """The operator's keys, which wrap those of subscribers.

    Args:
        secrets: 32 bytes each, by id.
        current: the id of the key that wraps from now on.
    """

    def __init__(self, secrets: Mapping[int, bytes], current: int) -> None:
        self._boxes = {key_id: AESGCM(secret) for key_id, secret in secrets.items()}
        if current not in self._boxes:
            raise VaultKeyMissing(f"VAULT_KEYS has no key {current}.")
        self.current = current

    def wrap(self, data_key: bytes, subscriber_id: int) -> WrappedKey:
        """A data key under the current key."""
        nonce = os.urandom(NONCE_BYTES)
        bound = _bound("key", subscriber_id)
        return WrappedKey(
            self.current, nonce + self._boxes[self.current].encrypt(nonce, data_key, bound)
        )

    def unwrap(self, key: WrappedKey, subscriber_id: int) -> bytes:
        """The data key of a subscriber.

        Raises:
            VaultKeyMissing: the key that it lies under is not configured.
            InvalidTag: it is another subscriber's, or was tampered with.
        """
        box = self._boxes.get(key.key_id)
        if box is None:
            raise VaultKeyMissing(f"VAULT_KEYS has no key {key.key_id}.")
        nonce, wrapped = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
        return box.decrypt(nonce, wrapped, _bound("key", subscriber_id))


def new_data_key() -> bytes:
    """A key for one subscriber, from the system's source of randomness."""
    return AESGCM.generate_key(256)


def seal(personal: Personal, *, data_key: bytes, subscriber_id: int) -> Sealed:
    """Personal data under a data key, with a nonce of their own."""
    nonce = os.urandom(NONCE_BYTES)
    content = orjson.dumps(personal, option=orjson.OPT_SORT_KEYS)
    return Sealed(nonce, AESGCM(data_key).encrypt(nonce, content, _bound("data", subscriber_id)))


def unseal(sealed: Sealed, *, data_key: bytes, subscriber_id: int) -> dict[str, str]:
    """What was sealed.

    Raises:
        InvalidTag: it is another subscriber's, or was tampered with.
    """
    bound = _bound("data", subscriber_id)
    content = AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, bound)
    found: dict[str, str] = orjson.loads(content)
    return found


def merged(known: Personal, said: Mapping[str, str | None]) -> dict[str, str]:
    """What is known once a report is believed: None takes a value away, what is absent stays."""
    after = {**known, **said}
    return {name: value for name, value in after.items() if value is not None}


def _bound(what: str, subscriber_id: int) -> bytes:
    return f"tenure:vault:{_FORM}:{what}:{subscriber_id}".encode()
