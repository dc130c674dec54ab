"""One PostgreSQL cluster: making it, the command that serves it, and what blocks its start."""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.local import processes
from config.local.binaries import Binaries, find_binaries
from config.local.console import Refusal
from config.local.identity import Identity
from config.local.places import Places
from config.local.ports import LOCALHOST

OWNER = "tenure_owner"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- asked about, never written to by name
SHARED_MEMORY_LEAST_BYTES = 256 * 1024**2

# Loses committed work when the machine stops, and never otherwise: for tests.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(frozen=True)
class Cluster:
    """A data directory with the programs that serve it.

    Args:
        home: the directory that holds `data`; the server's user can enter it.
        durable: whether a commit survives a power cut.
    """

    home: Path
    binaries: Binaries
    identity: Identity | None
    durable: bool

    @property
    def data(self) -> Path:
        return self.home / "data"

    def ensure_made(self, *, password: str) -> None:
        """Make the cluster, unless it is there. Safe to repeat, also after being killed.

        Raises:
            Refusal: `initdb` failed.
        """
        if (self.data / "PG_VERSION").exists():
            return
        # A cluster appears under its name only when it is whole.
        unfinished = self.home / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if self.identity:
            self.identity.owns(unfinished)
        self._initdb(unfinished, password)
        unfinished.rename(self.data)

    def command(self, port: int) -> list[str]:
        options = server_settings(durable=self.durable) | {
            "listen_addresses": LOCALHOST,
            "port": str(port),
            # No socket: its path could be too long, and nobody needs one.
            "unix_socket_directories": "",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries.program("postgres"), "-D", str(self.data), *settings]

    def clear_the_way(self) -> None:
        """End what is left of a former server of this directory, so that a new one can start.

        A `postmaster.pid` outlives a killed server, and the number in it may now belong to
        somebody else, or to a zombie that nobody collects; PostgreSQL would refuse to start
        because of either. So the file is never believed: a live server works *in* its data
        directory, and so do its children, which may still write when it was killed.
        """
        lock = self.data / "postmaster.pid"
        leader = _first_line_as_number(lock)
        servers = processes.servers_of(self.data)
        if leader in servers:
            processes.send(leader, signal.SIGINT)
            processes.wait_until(lambda: not processes.servers_of(self.data), seconds=30)
        processes.end_all(lambda: processes.servers_of(self.data))
        lock.unlink(missing_ok=True)

    def _initdb(self, directory: Path, password: str) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.home, prefix="initdb-") as secret:
            secret.write(password)
            secret.flush()
            if self.identity:
                os.chown(secret.name, self.identity.uid, self.identity.gid)
            made = subprocess.run(
                [
                    self.binaries.program("initdb"),
                    f"--pgdata={directory}",
                    f"--username={OWNER}",
                    f"--pwfile={secret.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    *_locale_options(self.binaries.major),
                    *([] if self.durable else ["--no-sync"]),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=self.binaries.environment,
                cwd="/",
                check=False,
                user=self.identity.uid if self.identity else None,
                group=self.identity.gid if self.identity else None,
                extra_groups=[] if self.identity else None,
            )
        if made.returncode != 0:
            raise Refusal(f"PostgreSQL's initdb failed:\n{made.stdout}")


def open_cluster(places: Places, *, home: Path, durable: bool) -> Cluster:
    """The cluster in `home`, served by the programs that fit the data found there.

    Raises:
        Refusal: no fitting PostgreSQL runs here.
    """
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    home.chmod(0o755)
    binaries = find_binaries(
        identity=places.identity,
        shelter=places.shelter,
        major=_first_line_as_number(home / "data" / "PG_VERSION"),
    )
    return Cluster(home=home, binaries=binaries, identity=places.identity, durable=durable)


def server_settings(*, durable: bool) -> dict[str, str]:
    """Settings for a small machine that does other work beside the database's."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return {
        **(DURABLE if durable else NOT_DURABLE),
        "shared_buffers": f"{max(32, min(512, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(64, memory_mb // 2)}MB",
        "maintenance_work_mem": f"{max(16, min(128, memory_mb // 32))}MB",
        "dynamic_shared_memory_type": "posix" if shared_memory_is_usable() else "mmap",
        "max_connections": "100",
        "huge_pages": "off",
        "jit": "off",
        "random_page_cost": "1.1",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u@%d ",
        "log_checkpoints": "off",
    }


def shared_memory_is_usable(place: Path = SHARED_MEMORY) -> bool:
    """Whether others than root may share memory there, and enough of it.

    A container often has 64 MB, and a bare root file system nothing, or a directory that only
    root can write to.
    """
    if not place.is_dir() or place.stat().st_mode & 0o1777 != 0o1777:
        return False
    room = os.statvfs(place)
    return room.f_bavail * room.f_frsize >= SHARED_MEMORY_LEAST_BYTES


def _locale_options(major: int) -> list[str]:
    """C.UTF-8: the same order of text on every machine, whatever its libc."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _first_line_as_number(path: Path) -> int | None:
    if not path.exists():
        return None
    lines = path.read_text().splitlines()
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None
