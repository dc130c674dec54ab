"""A cluster of its own for one command: `python -m config.local.throwaway -- COMMAND ...`.

It never touches the running instance, and is gone when the command ends, however it ends.
"""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local import processes
from config.local.cluster import open_cluster
from config.local.console import Refusal, complain
from config.local.instance import DATABASE_PORTS, Instance, hold_lock
from config.local.places import BASE_DIR, Places, places_of_this_clone
from config.local.ports import first_free
from config.local.roles import APP, ensure_roles
from config.local.server import answers, server_part
from config.local.supervisor import Stopped, Supervisor, inherited_environment

PREFIX = "throwaway-"


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true", help="commits survive a power cut")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        return _run(options.command, durable=options.durable)
    except Refusal as refusal:
        complain(str(refusal))
        return 1
    except Stopped as stopped:
        return 128 + stopped.number


def _run(command: list[str], *, durable: bool) -> int:
    places = places_of_this_clone()
    supervisor = Supervisor()
    supervisor.listen()
    with _own_home(places) as home:
        log = home.parent / f"{home.name}.log"
        try:
            instance = _start(supervisor, places, home, log, durable=durable)
            return _run_command(supervisor, command, instance, durable=durable)
        finally:
            supervisor.stop()
            log.unlink(missing_ok=True)


@contextmanager
def _own_home(places: Places) -> Iterator[Path]:
    """A directory for one cluster, and an end for those that killed runs left behind."""
    parent = places.server_home()
    for left in parent.glob(f"{PREFIX}*.lock"):
        _remove_unless_held(left)
    home = parent / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    lock = home.with_suffix(".lock")
    with hold_lock(lock):
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)
            lock.unlink()


def _remove_unless_held(lock: Path) -> None:
    home = lock.with_suffix("")
    try:
        with hold_lock(lock):
            processes.end_all(lambda: processes.servers_of(home / "data"))
            shutil.rmtree(home, ignore_errors=True)
            home.with_name(f"{home.name}.log").unlink(missing_ok=True)
            lock.unlink()
    except Refusal:
        # Another run is using it.
        return


def _start(
    supervisor: Supervisor, places: Places, home: Path, log: Path, *, durable: bool
) -> Instance:
    cluster = open_cluster(places, home=home, durable=durable)
    # Two runs that start at once look for their ports in different places.
    start = secrets.randbelow(len(DATABASE_PORTS))
    port = first_free([*DATABASE_PORTS[start:], *DATABASE_PORTS[:start]])
    instance = Instance(database_port=port)
    cluster.ensure_made(password=instance.owner_password)
    supervisor.add(server_part(cluster, port=port, log=log))
    supervisor.wait_for(
        lambda: answers(instance.maintenance_conninfo()), seconds=60, what="Starting PostgreSQL"
    )
    ensure_roles(instance)
    return instance


def _run_command(
    supervisor: Supervisor, command: list[str], instance: Instance, *, durable: bool
) -> int:
    """Run the command in this terminal, where Ctrl-C reaches it too, and wait for its end."""
    process = subprocess.Popen(
        command,
        env=inherited_environment(_environment(instance, durable=durable)),
        cwd=BASE_DIR,
        preexec_fn=processes.die_with_parent(signal.SIGTERM),
    )
    try:
        while process.poll() is None:
            supervisor.tick()
    except Stopped as stopped:
        # Ctrl-C in the terminal has reached the command already, and a second one would cut
        # its report short.
        if stopped.number != signal.SIGINT or not _ends(process, seconds=5):
            processes.send(process.pid, signal.SIGINT)
        if not _ends(process, seconds=20):
            process.kill()
            process.wait()
        raise
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _ends(process: subprocess.Popen[bytes], *, seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _environment(instance: Instance, *, durable: bool) -> dict[str, str]:
    return {
        **instance.environment(),
        "DATABASE_MAY_FORGET": "false" if durable else "true",
        "DATABASE_URL": instance.owner_database_url,
        "APP_DATABASE_URL": instance.app_database_url,
        "APP_ROLE": APP,
        # Nothing that is tested or measured reaches a worker.
        "CELERY_BROKER_URL": "memory://",
    }


if __name__ == "__main__":
    sys.exit(main())
