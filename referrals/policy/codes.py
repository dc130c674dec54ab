"""Referral codes: short enough to be told, with nothing in them that is mistaken for another."""

import secrets

# Without 0 and O, 1, I and L, which look alike, and without U, so that few words come about.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# 30 to the power of 8: with ten million subscribers one guess in 65,000 finds anybody's.
LENGTH = 8
_GROUP = 4


def new_code() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown_code(code: str) -> str:
    """A code as it is told: in groups, such as K7QF-2M9X."""
    return "-".join(code[place : place + _GROUP] for place in range(0, LENGTH, _GROUP))


def normal_code(text: str) -> str:
    """A code however it was typed: case, hyphens and spaces don't matter."""
    return "".join(text.split()).replace("-", "").upper()
