"""What nobody knows until it is asked again."""

from django.db import OperationalError


class OutcomeUnknown(OperationalError):
    """The connection was lost while a transaction was being committed.

    It stands or it doesn't; whoever repeats it under the same id finds out.
    """
