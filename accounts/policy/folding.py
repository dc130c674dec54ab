"""Text without the differences that no reader sees."""

import unicodedata


def folded(value: str) -> str:
    """Without differences of case, width and composition."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def compact(value: str) -> str:
    """The letters and digits of a text, folded."""
    # The sign would become two letters.
    return "".join(each for each in folded(value.replace("№", " ")) if each.isalnum())


def luhn_digit(digits: str) -> str:
    """The check digit that follows these (ISO/IEC 7812-1, annex B)."""
    doubled = (int(each) * (2 - place % 2) for place, each in enumerate(reversed(digits)))
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)
