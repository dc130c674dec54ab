"""Secrets at rest: sealed with the first key, opened with any of them."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet


class NoKeys(Exception):
    """SECRETS_KEYS is empty, so that nothing can be sealed or opened."""


def sealed(secret: str, keys: Sequence[str]) -> bytes:
    """A secret as the database keeps it.

    Raises:
        NoKeys: there is no key to seal it with.
    """
    return _box(keys).encrypt(secret.encode())


def opened(kept: bytes, keys: Sequence[str]) -> str:
    """The secret that was sealed, with whichever of the keys it was.

    Raises:
        NoKeys: there is no key.
        InvalidToken: none of the keys is the one.
    """
    return _box(keys).decrypt(kept).decode()


def resealed(kept: bytes, keys: Sequence[str]) -> bytes:
    """The same secret, sealed with the first key.

    Raises:
        NoKeys: there is no key.
        InvalidToken: none of the keys is the one.
    """
    return _box(keys).rotate(kept)


def _box(keys: Sequence[str]) -> MultiFernet:
    if not keys:
        raise NoKeys("SECRETS_KEYS names no key: webhooks can't be registered or signed.")
    return MultiFernet([Fernet(key) for key in keys])
