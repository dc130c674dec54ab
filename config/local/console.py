"""What the launcher says to the person who started it, and nothing else."""

import sys


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Refusal(Exception):
    """The launcher can't go on, for a reason that its user can understand and mend."""
