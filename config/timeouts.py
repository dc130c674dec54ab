"""How long the database lets a process run a statement, wait for a lock, and sit on a transaction.

They come with the connection, so that they hold whatever the role's own settings are.
"""

from typing import NamedTuple

# How much longer than the server's own time-out of a statement this side waits for its answer.
GRACE_SECONDS = 5

WEB, WORKER, COMMAND = "web", "worker", "command"


class Timeouts(NamedTuple):
    """In seconds; 0 for none."""

    statement: int
    lock: int
    idle_in_transaction: int

    @property
    def settings(self) -> dict[str, str]:
        """As PostgreSQL's settings, by name."""
        return {
            "statement_timeout": f"{self.statement}s",
            "lock_timeout": f"{self.lock}s",
            "idle_in_transaction_session_timeout": f"{self.idle_in_transaction}s",
        }

    @property
    def answer(self) -> int | None:
        """How long an answer is waited for; None for as long as it takes."""
        return self.statement + GRACE_SECONDS if self.statement else None

    @property
    def options(self) -> str:
        """As options of a connection."""
        return " ".join(f"-c {name}={value}" for name, value in self.settings.items())


TIMEOUTS = {
    # Nobody waits longer for a page. A second writer of the same wallet waits for the lock so
    # long, then hears 409.
    WEB: Timeouts(statement=30, lock=5, idle_in_transaction=60),
    # Audits and month ends pass over whole tables; a task as such ends after an hour.
    WORKER: Timeouts(statement=1_800, lock=5, idle_in_transaction=60),
    # Somebody watches. Migrations, too, would rather fail than keep everyone waiting behind
    # their wait for a lock.
    COMMAND: Timeouts(statement=0, lock=5, idle_in_transaction=60),
}
