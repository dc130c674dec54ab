"""What 0013 asks of new rows holds for those that were there, too; none is locked for it."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

_OF_REFUNDS = (
    "refund_is_applied_at_some_moment",
    "refund_is_reversed_at_some_moment",
    "refund_that_was_reversed_keeps_at_most_a_point",
    "refund_status_is_a_known_one",
    "refund_points_from_declined_is_not_negative",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("loyalty", "0013_reversed_refunds")]

    operations = [
        ValidateConstraint("entry", "entry_moves_along_a_known_path"),
        *(ValidateConstraint("refund", name) for name in _OF_REFUNDS),
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("status", "reversed")),
                fields=["reversal_occurred_at"],
                name="refund_by_reversal",
            ),
        ),
    ]
