"""Fingerprints: what a request meant, in sixteen bytes, whatever its bytes were."""

from hashlib import blake2b


def fingerprint(*meaning: object) -> bytes:
    """A digest of normalised values (kopecks, UTC instants, digests), in their order.

    Each value is written with its length, so that no two meanings run together.
    """
    written = b"".join(
        b"%d:%b" % (len(text), text) for text in (str(value).encode() for value in meaning)
    )
    return blake2b(written, digest_size=16).digest()
