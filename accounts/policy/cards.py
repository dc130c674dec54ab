"""Cards: what a payment provider says of one, and never the card's number."""

import re
import unicodedata

from accounts.policy.folding import folded, luhn_digit

_SHORTEST, _LONGEST = 12, 19
# What may follow a number that somebody copied with its date and code.
_AFTER_MAX = 9

# Between a number and the words, dates and names that somebody copied with it.
_BETWEEN = re.compile(r"[\s:=,;|^]+")
_MASKS = frozenset("*•●∙·#…xх×?")
# Of these one may be a letter or a sign, and only several hide digits.
_PLAIN_MASKS = frozenset("xх×?#")
_DOTS = re.compile(r"\.{2,}")
_MASKED_LONGEST = 24


class CardNumber(ValueError):
    """A card's number, whole or masked, where a provider's fingerprint of the card belongs."""

    def __init__(self) -> None:
        super().__init__(
            "This looks like a card's number: send your payment provider's fingerprint of the card."
        )


def normal_card(value: str) -> str:
    """A provider's fingerprint as it stands: case tells two of them apart.

    Raises:
        CardNumber: it is a card's number, or one with digits masked, which many cards share.
    """
    text = _without_words(value)
    if _is_number(text) or _is_masked(text):
        raise CardNumber
    return value.strip()


def is_masked_number(value: str) -> bool:
    """Whether a value is what is shown of a card's number: many cards have it in common."""
    return _is_masked(_without_words(value))


def _without_words(value: str) -> str:
    text = _with_ascii_digits(folded(value.replace("№", " ")))
    pieces = [each for each in _BETWEEN.split(text) if each]
    return " ".join(each for each in pieces if not _is_word(each))


def _is_word(piece: str) -> bool:
    """Whether a piece has letters only, and isn't digits that were masked."""
    return piece.isalpha() and not _MASKS.issuperset(piece)


def _with_ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def _is_number(text: str) -> bool:
    """Whether the digits, in whatever groups, are a card's number and what stands beside it."""
    if any(each.isalpha() for each in text):
        return False
    groups = [group for group in re.split(r"[^0-9]+", text) if group]
    digits = ""
    for place, group in enumerate(groups, start=1):
        digits += group
        rest = sum(map(len, groups[place:]))
        is_long_enough = _SHORTEST <= len(digits) <= _LONGEST and rest <= _AFTER_MAX
        if is_long_enough and luhn_digit(digits[:-1]) == digits[-1]:
            return True
    return False


def _is_masked(text: str) -> bool:
    """Whether nothing but digits and marks for digits is there: "411111******1111", "…1111"."""
    shown = _DOTS.sub("…", text)
    kept = [each for each in shown if each.isdigit() or each in _MASKS]
    rest = {each for each in shown if each not in kept}
    masks = [each for each in kept if each in _MASKS]
    is_plain = masks and all(each in _PLAIN_MASKS for each in masks)
    return (
        len(masks) > (1 if is_plain else 0)
        and len(masks) < len(kept) <= _MASKED_LONGEST
        and not any(each.isalnum() for each in rest)
    )
