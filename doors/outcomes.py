"""What the database leaves open: an unknown outcome, and a database that is not to be trusted."""

from django.db import OperationalError


class OutcomeUnknown(OperationalError):
    """The connection was lost while a transaction was being committed.

    It stands or it doesn't; whoever repeats it under the same id finds out.
    """


class DatabaseUntrusted(OperationalError):
    """The database answers and is not worked with, because what it would keep isn't sure."""
