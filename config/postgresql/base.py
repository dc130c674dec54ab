"""The backend that settings name."""

from select import select
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base

from config.postgresql.trust import Trust, require_trust
from doors.outcomes import DatabaseUntrusted, OutcomeUnknown
from doors.patience import PatientConnection

# How long a connection's database is trusted without being asked again.
TRUSTED_SECONDS = 10.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections to a database that may be worked with, and cheap questions to kept ones.

    Django sends `SELECT 1` before each request's first statement: a sixth of the round trips
    that posting a charge needs. A server that hung up has said so, and then there is something
    to read; one that vanished without a word would not answer the question either.
    """

    trust = Trust()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, unless the database is one that may not be worked with.

        Raises:
            DatabaseUntrusted: it may lose what it acknowledged, or its clock says another time.
        """
        made: Any = super().get_new_connection({**conn_params, "autocommit": True})
        # By the driver's own `connect`, which traces wrap.
        made.__class__ = PatientConnection
        made.answer_seconds = settings.DATABASE_ANSWER_SECONDS
        try:
            self.trust = require_trust(made)
        except BaseException:
            # Django would use it for the next statement.
            made.close()
            raise
        return made

    def is_usable(self) -> bool:
        """Return whether the connection stands, and whether its database is still trusted."""
        assert self.connection is not None, "it is asked of a connection that was made"
        if self.connection.closed:
            return False
        try:
            self._keep_trust()
        except (DatabaseUntrusted, psycopg.Error):
            # The next connection says what is the matter.
            return False
        readable, _, _ = select([self.connection.fileno()], [], [], 0)
        return super().is_usable() if readable else True

    def _keep_trust(self) -> None:
        """Ask the database again once it was trusted for a while, or our clock was set."""
        if not self.trust.holds(seconds=TRUSTED_SECONDS):
            self.trust = require_trust(self.connection)

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

        A transaction begins with this, also in a loop that goes on for hours: none does on a
        database that isn't trusted any more.

        A transaction that lost its connection ends with this. Django would connect anew to say
        so, and while the database is away the error of that would hide the lost commit.
        """
        if autocommit and self.connection is None:
            self.autocommit = True
            return
        if not autocommit and self.connection is not None and self.autocommit:
            with self.wrap_database_errors:
                self._keep_trust()
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
