"""The instance under test: where it is, who may write, what its tables hold."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

CLONE = Path(__file__).resolve().parents[2]
# All but the bookkeeping of the clock, of tokens and of queues, which goes on whatever a client
# sends.
_OURS = ("accounts", "imports", "loyalty", "outbox", "referrals")


class NotHere(Exception):
    """There is no instance that may be drilled."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What var/demo.env says, and the SQL of the tables' owner."""

    clone: Path
    api_url: str
    client_id: str
    client_secret: str
    owner_url: str

    @property
    def host(self) -> str:
        return urlsplit(self.api_url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.api_url).port or 80

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection of the tables' owner, committed at the end."""
        with psycopg.connect(self.owner_url, row_factory=dict_row, connect_timeout=5) as connection:
            yield connection

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """All rows of one query of ours."""
        with self.owner() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def row_counts(self) -> dict[str, int]:
        """How many rows every table of the program has."""
        names = [
            row["tablename"]
            for row in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            if row["tablename"].startswith(_OURS)
        ]
        with self.owner() as connection:
            counted = {}
            for name in sorted(names):
                count = sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(name))
                row = connection.execute(count).fetchone()
                counted[name] = row["n"] if row else 0
            return counted

    def manage(
        self, *arguments: str, seconds: float = 300, database_url: str | None = None
    ) -> tuple[int, str]:
        """Run a command of `manage.py` in the instance's clone: exit code and what it said.

        Args:
            database_url: of another database than the instance's.
        """
        return self._python("manage.py", *arguments, seconds=seconds, database_url=database_url)

    def manage_all(self, commands: Sequence[Sequence[str]]) -> tuple[int, str]:
        """Run commands of `manage.py` one after another in one process, up to the first error."""
        calls = "".join(f"call_command(*{list(each)!r})\n" for each in commands)
        program = f"from django.core.management import call_command\n{calls}"
        return self._python("manage.py", "shell", "-c", program, seconds=300)

    def _python(
        self, *arguments: str, seconds: float, database_url: str | None = None
    ) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if name not in _READ}
        if database_url is not None:
            environment["DATABASE_URL"] = database_url
        python = self.clone / ".venv" / "bin" / "python"
        done = subprocess.run(
            [str(python) if python.exists() else sys.executable, *arguments],
            cwd=self.clone,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=environment,
        )
        return done.returncode, (done.stdout + done.stderr).strip()


# Left to var/instance.env, which `manage.py` reads: demo.env's may be exported in this shell.
_READ = ("DATABASE_URL", "OWNER_DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")


def instance_of(clone: Path) -> Instance:
    """The instance that runs in a clone.

    Raises:
        NotHere: none runs, or it isn't on this machine.
    """
    path = clone / "var" / "demo.env"
    if not path.exists():
        raise NotHere(f"{path} is missing: start an instance with `make run DEMO=0`.")
    said = dict(
        shlex.split(line)[0].split("=", 1) for line in path.read_text().splitlines() if line
    )
    found = Instance(
        clone,
        said["API_URL"],
        said["CLIENT_ID"],
        said["CLIENT_SECRET"],
        said["OWNER_DATABASE_URL"],
    )
    for url in (found.api_url, found.owner_url):
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise NotHere("Only an instance on this machine is drilled.")
    return found
