"""Processes as the kernel shows them: who is alive, whose they are, and how they end.

Where /proc isn't mounted (a bare chroot), nothing is found, and nothing is killed.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROC = Path("/proc")
CLONE_MARK = "TENURE_CLONE"
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send `number` when the parent is gone.

    It must run after the user was changed, which forgets the wish; `subprocess` does so. The
    parent is the *thread* that started the child: start children from the main thread only.
    """
    parent = os.getpid()

    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        # The parent may have died between the fork and the call.
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return ask_the_kernel


def stop_with_parent() -> None:
    """Have the kernel send this very process SIGTERM when its parent is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def state_of(pid: int) -> str | None:
    """The kernel's letter for a process (`Z`: a zombie), or None when there is none."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in parentheses and may itself hold some.
    return stat.rpartition(")")[2].split()[0]


def group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def is_running(pid: int) -> bool:
    if is_proc_mounted():
        return state_of(pid) not in {None, "Z", "X"}
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_proc_mounted() -> bool:
    return (PROC / "self").exists()


def all_pids() -> Iterator[int]:
    if not is_proc_mounted():
        return
    for entry in os.listdir(PROC):
        if entry.isdigit():
            yield int(entry)


def servers_of(directory: Path) -> list[int]:
    """The PostgreSQL processes of one data directory: its postmaster and their children.

    All of them work in that directory. A container's root may not be allowed to ask that of
    another user's process; then the postmaster's command line, which all may read, tells.
    """
    return [pid for pid in all_pids() if _serves(pid, directory) and is_running(pid)]


def _serves(pid: int, directory: Path) -> bool:
    try:
        if (PROC / str(pid) / "comm").read_text().strip() != "postgres":
            return False
        command = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        if str(directory).encode() in command:
            return True
        return (PROC / str(pid) / "cwd").readlink() == directory
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        # Gone since, a zombie, or not ours to look at.
        return False


def marked_with(mark: str) -> list[int]:
    """The processes of this user whose environment carries the mark of a clone.

    A mark, unlike a recorded number, can't come to mean another process.
    """
    wanted = f"{CLONE_MARK}={mark}".encode()
    found = []
    for pid in all_pids():
        try:
            ours = (PROC / str(pid)).stat().st_uid == os.getuid()
            environment = (PROC / str(pid) / "environ").read_bytes() if ours else b""
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if wanted in environment.split(b"\0") and pid != os.getpid() and is_running(pid):
            found.append(pid)
    return found


def members_of_group(group: int) -> list[int]:
    return [pid for pid in all_pids() if group_of(pid) == group and is_running(pid)]


def send(pid: int, number: signal.Signals) -> None:
    """Signal one process; it may have ended in the meantime, which is what was wanted."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def send_group(group: int, number: signal.Signals) -> None:
    """Signal a process group; it may have ended in the meantime."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def wait_until(met: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def end_all(find: Callable[[], list[int]], *, patience_seconds: float = 0) -> int:
    """End what `find` finds, with SIGTERM while patience lasts and SIGKILL after; how many.

    `find` is asked again and again, because a dying parent may leave children.
    """
    first = find()
    if not first:
        return 0
    if patience_seconds:
        for pid in first:
            send(pid, signal.SIGTERM)
        wait_until(lambda: not find(), seconds=patience_seconds)
    deadline = time.monotonic() + 10
    while (left := find()) and time.monotonic() < deadline:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.05)
    return len(first)
