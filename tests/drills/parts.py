"""The processes of the instance, and how to kill them."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.drills.instance import Instance

PROC = Path("/proc")


class Parts:
    """Finds what the launcher of one clone started; nothing else is ever signalled."""

    def __init__(self, instance: Instance) -> None:
        said = (instance.clone / "var" / "run.lock").read_text()
        self.launcher = int(said.split("process ", 1)[1].split(",", 1)[0])

    def web_main(self) -> list[int]:
        return [pid for pid in _children(self.launcher) if "granian" in _command(pid)]

    def web_workers(self) -> list[int]:
        return [worker for main in self.web_main() for worker in _children(main)]

    def worker(self) -> list[int]:
        return [pid for pid in _children(self.launcher) if "celery" in _command(pid)]

    def postmaster(self) -> list[int]:
        return [pid for pid in _children(self.launcher) if _name(pid) == "postgres"]

    def backends(self) -> list[int]:
        """Sessions, and not the server's own helpers."""
        found = [pid for main in self.postmaster() for pid in _children(main)]
        return [pid for pid in found if "127.0.0.1" in _command(pid)]


def kill(pids: Sequence[int]) -> int:
    """Kill at once, without a word; how many there were."""
    return send(pids, signal.SIGKILL)


def send(pids: Sequence[int], word: signal.Signals) -> int:
    """Send a signal; how many heard it."""
    heard = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, word)
            heard += 1
    return heard


def resident_kib(pids: Sequence[int]) -> list[int]:
    """How much memory each process holds."""
    statuses = [(PROC / str(pid) / "status").read_text() for pid in pids]
    return [int(status.split("VmRSS:")[1].split()[0]) for status in statuses]


def wait_until(met: Callable[[], bool], seconds: float) -> float | None:
    """How long it took until `met`; None if it was not in time."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if met():
            return time.monotonic() - started
        time.sleep(0.05)
    return None


def _children(parent: int) -> list[int]:
    found = []
    for entry in os.listdir(PROC):
        if entry.isdigit():
            with suppress(OSError):
                stat = (PROC / entry / "stat").read_text(errors="replace")
                # The name stands in parentheses and may itself hold some.
                state, ppid = stat.rpartition(")")[2].split()[:2]
                if int(ppid) == parent and state != "Z":
                    found.append(int(entry))
    return found


def _command(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _name(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return ""
