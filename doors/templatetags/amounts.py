"""Points, money and words in templates."""

from django import template

from doors.amounts import points_shown, roubles_shown, signed_points_shown

register = template.Library()

register.filter("points", points_shown)
register.filter("signed_points", signed_points_shown)
register.filter("roubles", roubles_shown)


@register.filter
def words(value: str) -> str:
    """A value of the database as words: top_up is "top up"."""
    return value.replace("_", " ")
