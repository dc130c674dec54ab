"""Where things of this clone lie: var/, and a directory outside when root's clone is closed."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.local.identity import Identity, can_enter, server_identity

BASE_DIR = Path(__file__).resolve().parent.parent.parent
OUTSIDE_PARENT = Path("/var/lib")


@dataclass(frozen=True)
class Places:
    """The clone, its var/, and the directory that PostgreSQL's user can enter."""

    clone: Path
    identity: Identity | None
    outside_parent: Path = OUTSIDE_PARENT

    @property
    def var(self) -> Path:
        return self.clone / "var"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    def emptied_counters(self) -> Path:
        """The directory that the processes of one run count in; a former run's counts are gone."""
        path = self.var / "counters"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    @property
    def digest(self) -> str:
        return hashlib.sha256(str(self.clone).encode()).hexdigest()[:12]

    @property
    def outside(self) -> Path:
        """Derived from the clone's path, so that a copied var/ never shares a data directory."""
        return self.outside_parent / f"tenure-{self.digest}"

    def server_home(self) -> Path:
        """Where clusters and, if need be, copied binaries go; made when it isn't there.

        It is var/ itself, unless the database's user can't enter that: below /root, say.
        """
        self.var.mkdir(mode=0o755, exist_ok=True)
        if self.identity is None or can_enter(self.var, self.identity):
            return self.var
        self.outside.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Whatever the umask was: others pass through; what lies inside is closed by itself.
        self.outside.chmod(0o755)
        (self.var / "outside").write_text(f"{self.outside}\n")
        return self.outside

    def shelter(self) -> Path:
        """The directory for binaries that the database's user can't reach where they are."""
        path = self.server_home() / "postgres-binaries"
        path.mkdir(mode=0o755, exist_ok=True)
        path.chmod(0o755)
        return path


def places_of_this_clone() -> Places:
    return Places(clone=BASE_DIR, identity=server_identity())
