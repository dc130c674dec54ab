"""Points, money and words in templates."""

from django import template
from django.utils.translation import gettext

from doors.amounts import points_shown, roubles_shown, signed_points_shown
from doors.translation import translated

register = template.Library()

register.filter("points", points_shown)
register.filter("signed_points", signed_points_shown)
register.filter("roubles", roubles_shown)
register.filter("translated", translated)


@register.filter
def words(value: str) -> str:
    """A value of the database as words, in the reader's language: top_up is "top up"."""
    return gettext(value.replace("_", " ")) if value else ""
