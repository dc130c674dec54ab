"""Points and money as people read them, by the locale."""

from django.utils.formats import number_format

from kernel.money import decimal_string

NBSP = "\u00a0"
MINUS = "\u2212"


def points_shown(points: int) -> str:
    """Points with separators of thousands: 12,345."""
    return number_format(points, force_grouping=True).replace("-", MINUS)


def signed_points_shown(points: int) -> str:
    """Points that came (+) or went (−); 0 is a dash."""
    if points == 0:
        return "–"
    return f"+{points_shown(points)}" if points > 0 else points_shown(points)


def roubles_shown(amount_minor: int) -> str:
    """Kopecks as roubles: 1,234.50 ₽, without kopecks where there are none."""
    text = decimal_string(amount_minor)
    decimals = 0 if text.endswith(".00") else 2
    shown = number_format(text.removesuffix(".00"), decimals, force_grouping=True)
    return f"{shown.replace('-', MINUS)}{NBSP}₽"
