"""Fingerprints: what a request meant, in sixteen bytes, whatever its bytes were."""

from hashlib import blake2b


def fingerprint(*meaning: str | int | bytes | None) -> bytes:
    """A digest of normalised values (kopecks, microseconds, digests), in their order.

    `repr` writes each value so that it can't run into the next one.
    """
    return blake2b(repr(meaning).encode(), digest_size=16).digest()
