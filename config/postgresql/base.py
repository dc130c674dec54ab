"""The backend that settings name."""

from select import select

from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base

from doors.outcomes import OutcomeUnknown


class DatabaseWrapper(base.DatabaseWrapper):
    """A kept connection is asked whether it stands only when there is reason to doubt it.

    Django sends `SELECT 1` before each request's first statement: a sixth of the round trips
    that posting a charge needs. A server that hung up has said so, and then there is something
    to read; one that vanished without a word would not answer the question either.
    """

    def is_usable(self) -> bool:
        """Return whether the connection stands."""
        assert self.connection is not None, "it is asked of a connection that was made"
        if self.connection.closed:
            return False
        readable, _, _ = select([self.connection.fileno()], [], [], 0)
        return super().is_usable() if readable else True

    def _commit(self) -> None:
        """Commit, and tell a commit that failed from one that nobody heard the answer of.

        Raises:
            OutcomeUnknown: the connection was lost meanwhile.
        """
        try:
            super()._commit()  # type: ignore[misc]
        except (OperationalError, InterfaceError) as error:
            if self.connection is None or self.connection.closed:
                raise OutcomeUnknown(*error.args) from error.__cause__
            raise

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        """Set the mode; without a connection, for the next one.

        A transaction that lost its connection ends with this. Django would connect anew to say
        so, and while the database is away the error of that would hide the lost commit.
        """
        if autocommit and self.connection is None:
            self.autocommit = True
            return
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
