"""Restores: to a moment, and to the end; the ledger of each restored cluster is audited."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.local.binaries import find_binaries
from config.local.identity import server_identity
from config.local.places import Places
from tests.drills.client import Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.words import charge_body, fresh, subscriber_body

_SCRIPT = Path("docker") / "restore.sh"
_WHEN = ("before the backup", "until the moment", "after the moment")


class Restore:
    """A backup of the running instance, restored by the script that the manual names."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.places = Places(instance.clone, server_identity())
        major = int(instance.rows("SHOW server_version_num")[0]["server_version_num"]) // 10_000
        self.binaries = find_binaries(
            identity=self.places.identity, shelter=self.places.shelter, major=major
        )
        self.charges: dict[str, str] = {}

    def run(self) -> None:
        """Back up while charges are posted, restore twice, and look what is there."""
        with self._room() as room:
            receiver = self._receiving(room / "archive")
            try:
                self._post(_WHEN[0])
                started = time.monotonic()
                self._run("pg_basebackup", "--pgdata", str(room / "base"), "--wal-method=none",
                          "--checkpoint=fast", "--no-sync", *self._address())  # fmt: skip
                self.found.measured(f"base backup in {time.monotonic() - started:.1f} s")
                self._post(_WHEN[1])
                moment = self._moment()
                self._post(_WHEN[2])
                self._archive_all(room / "archive")
            finally:
                receiver.terminate()
                receiver.wait(30)
            self._restore(room, "to a moment", set(_WHEN[:2]), moment)
            self._restore(room, "to the end", set(_WHEN))

    def _restore(self, room: Path, name: str, expected: set[str], *moment: str) -> None:
        data, port = room / name.replace(" ", "-"), _free_port()
        started = time.monotonic()
        script = self.instance.clone / _SCRIPT
        self._run("sh", str(script), str(room / "base"), str(room / "archive"), str(data),
                  str(port), *moment)  # fmt: skip
        self.found.measured(f"restored {name} in {time.monotonic() - started:.1f} s")
        try:
            url = _at_port(self.instance.owner_url, port)
            known = self._known(url)
            self.found.expect(known == expected, f"restored {name}, and there is {sorted(known)}")
            started = time.monotonic()
            code, said = self.instance.manage("audit_ledger", seconds=1_800, database_url=url)
            self.found.expect(code == 0, f"restored {name}, and the audit says {said[-400:]}")
            self.found.measured(f"audited {name} in {time.monotonic() - started:.1f} s")
        finally:
            self._run("pg_ctl", "stop", "--pgdata", str(data), "--mode=fast", "--wait")

    def _post(self, when: str) -> None:
        """A charge of a subscriber of its own."""
        subscriber_id, charge_id = fresh("restored"), fresh("restored")
        self.client.insist("PUT", f"/subscribers/{subscriber_id}", subscriber_body())
        charged = self.client.insist("POST", "/charges", charge_body(subscriber_id, charge_id))
        self.found.expect(charged[-1].is_acknowledged, f"nothing was posted {when}")
        self.charges[charge_id] = when

    def _known(self, url: str) -> set[str]:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT charge_id FROM loyalty_charge WHERE charge_id = ANY(%s)",
                [list(self.charges)],
            ).fetchall()
        return {self.charges[charge_id] for (charge_id,) in rows}

    def _moment(self) -> str:
        """The database's clock, with room on both sides: commits at it are not told apart."""
        time.sleep(0.5)
        [row] = self.instance.rows("SELECT clock_timestamp()::text AS now")
        time.sleep(0.5)
        return str(row["now"])

    def _receiving(self, archive: Path) -> subprocess.Popen[bytes]:
        """The log as it is written, from now on: what `archive_command` does in production."""
        started = self._started("pg_receivewal", "--directory", str(archive), *self._address())
        deadline = time.monotonic() + 30
        while not any(archive.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return started

    def _archive_all(self, archive: Path) -> None:
        """End the present segment, and wait until it is in the archive whole."""
        [row] = self.instance.rows("SELECT pg_walfile_name(pg_switch_wal()) AS name")
        deadline = time.monotonic() + 60
        while not (archive / str(row["name"])).exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._started(program, *arguments)
        said, _ = done.communicate(timeout=1_800)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {said.decode()[-2_000:]}")

    def _started(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        identity = self.places.identity
        path = f"{self.binaries.directory}:{os.environ.get('PATH', '')}"
        password = urlsplit(self.instance.owner_url).password or ""
        return subprocess.Popen(
            [program if program == "sh" else self.binaries.program(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=self.binaries.environment | {"PATH": path, "PGPASSWORD": password},
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
        )

    def _address(self) -> list[str]:
        url = urlsplit(self.instance.owner_url)
        return ["--host", url.hostname or "", "--port", str(url.port), "--username",
                url.username or ""]  # fmt: skip

    @contextmanager
    def _room(self) -> Iterator[Path]:
        """A directory of PostgreSQL's user, gone afterwards."""
        room = Path(tempfile.mkdtemp(prefix="restore-", dir=self.places.server_home()))
        try:
            (room / "archive").mkdir()
            if self.places.identity is not None:
                for place in (room, room / "archive"):
                    self.places.identity.owns(place)
            yield room
        finally:
            shutil.rmtree(room)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{port}"))
