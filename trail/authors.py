"""Who has drafted something, as constraints of the database ask for it."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, F, Func, Q


def is_an_author(column: str) -> Q:
    """Whether whoever a column names is among the row's `authors`."""
    named = Func(
        F(column),
        template="ARRAY[%(expressions)s]",
        output_field=ArrayField(CharField(max_length=150)),
    )
    return Q(authors__contains=named)
