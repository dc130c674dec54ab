"""Which of the cleared are looked at afterwards: a random share, the same ones at each look."""

from decimal import Decimal
from hashlib import blake2b

_SPACE = Decimal(2**64)


def is_sampled(subject_type: str, subject_id: str, share: Decimal) -> bool:
    """Whether a subject is drawn; nobody can choose an id that is not."""
    digest = blake2b(f"{subject_type}:{subject_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * _SPACE
