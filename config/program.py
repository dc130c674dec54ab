"""What a process calls itself when it connects to the database."""

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from config.timeouts import COMMAND, WORKER

# PostgreSQL cuts names here.
_LENGTH_MAX = 63
_CLOCK = "clock"


def program_name(arguments: Sequence[str] = sys.argv) -> str:
    """Return who is behind this process's connections: "clock", or a program and its user.

    The audit trail keeps it with changes that no person's request made; `pg_stat_activity` shows
    it too.
    """
    program = Path(arguments[0] if arguments else "")
    name = program.parent.name if program.name == "__main__.py" else program.stem
    if name == "celery":
        return _CLOCK
    if name == "manage" and len(arguments) > 1:
        name = arguments[1]
    return f"{name or 'python'} by {_os_user()}"[:_LENGTH_MAX]


def process_kind(arguments: Sequence[str] = sys.argv) -> str:
    """Return whose time-outs a process has that doesn't say it itself: a worker's, or a command's.

    Everything imports the Celery application, so that having it tells nothing.
    """
    return WORKER if program_name(arguments) == _CLOCK else COMMAND


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        return "nobody known"
