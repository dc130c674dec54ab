"""Money: whole kopecks inside, decimal strings outside."""

from decimal import Decimal
from fractions import Fraction

MINOR_PER_MAJOR = 100


def decimal_string(amount_minor: int) -> str:
    """Kopecks as roubles with two decimals: 59990 is "599.90"."""
    sign = "-" if amount_minor < 0 else ""
    major, minor = divmod(abs(amount_minor), MINOR_PER_MAJOR)
    return f"{sign}{major}.{minor:02d}"


def minor_from(amount: Decimal) -> int:
    """Roubles as kopecks, exactly, whatever the precision of decimal arithmetic.

    Raises:
        ValueError: the amount has a part of a kopeck, or is not a finite number.
    """
    if not amount.is_finite():
        raise ValueError(f"{amount} is no number of kopecks")
    minor = Fraction(amount) * MINOR_PER_MAJOR
    if minor.denominator != 1:
        raise ValueError(f"{amount} has a part of a kopeck")
    return minor.numerator
