"""What the tables' columns and constraints have in common."""

from django.db import models
from django.db.models import DateTimeField, Func, Q
from django.db.models.functions import Length

models.BinaryField.register_lookup(Length)


def choices_of(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Words of a policy as the choices of a column."""
    return [(value, value.replace("_", " ")) for value in values]


def not_negative(prefix: str, *fields: str) -> list[models.BaseConstraint]:
    """A constraint per column, each with a sentence for a name."""
    return [
        models.CheckConstraint(
            condition=Q(**{f"{name}__gte": 0}), name=f"{prefix}_{name}_is_not_negative"
        )
        for name in fields
    ]


class AtUtc(Func):
    """A moment as a time without zone: what an index is on that reports of a period ask for.

    Not the bare column: the planner would take the blocks of a period for one subscriber's charges
    in it, too, and read all of them instead of the few by key.
    """

    template = "(%(expressions)s AT TIME ZONE 'UTC')"
    output_field = DateTimeField()
