"""Keeps the parts of an instance running: starts, watches, restarts and stops them."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from config.local import processes
from config.local.console import Refusal, say
from config.local.identity import Identity
from config.local.places import BASE_DIR

TICK_SECONDS = 0.2
BACK_OFF_SECONDS = (0.2, 1.0, 2.0, 4.0, 5.0)
SETTLED_AFTER_SECONDS = 30
LOG_BYTES_MAX = 20 * 1024**2


class Stopped(Exception):
    """Somebody asked the launcher to stop, with this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class NotYet(Exception):
    """A part can't be started at this moment; it is tried again."""


def nothing() -> None:
    """A part that needs no preparation."""


@dataclass
class Part:
    """A program that is kept running.

    Args:
        log: where its output goes; None for the console.
        stop_signal: what asks it to end.
        orphan_signal: what the kernel sends it when the launcher is gone.
        patience_seconds: how long it may take to end before it is killed.
        attempts_max: how often it is started while it ends with an error; None for ever.
        one_shot: whether it is meant to end by itself.
        before_start: run before each start; raises `NotYet` to have it tried again.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path | None
    identity: Identity | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    patience_seconds: float = 10
    attempts_max: int | None = None
    one_shot: bool = False
    before_start: Callable[[], None] = nothing
    when_done: Callable[[], None] = nothing
    working_directory: Path = BASE_DIR

    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    given_up: bool = field(default=False, init=False)
    exit_code: int | None = field(default=None, init=False)
    failures: int = field(default=0, init=False)
    starts: int = field(default=0, init=False)
    is_waiting: bool = field(default=False, init=False)
    started_at: float = field(default=0, init=False)
    next_start_at: float = field(default=0, init=False)

    @property
    def is_over(self) -> bool:
        return self.given_up or (self.one_shot and self.exit_code == 0)

    def start(self) -> None:
        self.before_start()
        output = self._open_log()
        try:
            # A session of its own: Ctrl-C in the terminal reaches the launcher alone, which
            # then stops the parts in order, and a dead part's children can be found.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                cwd=self.working_directory,
                start_new_session=True,
                user=self.identity.uid if self.identity else None,
                group=self.identity.gid if self.identity else None,
                extra_groups=[] if self.identity else None,
                preexec_fn=processes.die_with_parent(self.orphan_signal),
            )
        finally:
            if output is not None:
                output.close()
        self.starts += 1
        self.started_at = time.monotonic()

    def end_children(self) -> None:
        """Kill what a dead part left in its group; web workers would keep the port."""
        if self.process is None:
            return
        group = self.process.pid
        processes.send_group(group, signal.SIGKILL)
        processes.end_all(lambda: processes.members_of_group(group))

    def last_words(self, lines: int = 15) -> str:
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8192))
            tail = file.read().decode(errors="replace").splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in tail)

    def keep_log_short(self) -> None:
        """Set what a long log holds aside, in the place of what was set aside before.

        It is copied and emptied, because the part goes on writing to the file that it has; what
        it writes meanwhile is lost.
        """
        if self.log is not None and self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def _open_log(self) -> IO[bytes] | None:
        if self.log is None:
            return None
        self.keep_log_short()
        return self.log.open("ab")


class Supervisor:
    """Runs parts in the order in which they are added, and stops them in the opposite one.

    Everything happens in the main thread: the kernel takes the end of the thread that
    started a child for the end of its parent.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._stop_signal: int | None = None

    def listen(self) -> None:
        """Take the signals that mean stop; they are acted upon at the next tick."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_stop)

    def add(self, part: Part) -> None:
        self.parts.append(part)
        self._try_start(part)

    def tick(self) -> None:
        """Look after all parts once, and sleep a little.

        Raises:
            Stopped: a signal came.
        """
        if self._stop_signal is not None:
            raise Stopped(self._stop_signal)
        for part in self.parts:
            self._look_after(part)
        time.sleep(TICK_SECONDS)

    def wait_for(self, met: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Look after the parts until `met`.

        Raises:
            Stopped: a signal came.
            Refusal: it took too long.
        """
        deadline = time.monotonic() + seconds
        while not met():
            self.tick()
            if time.monotonic() > deadline:
                raise Refusal(f"{what} took more than {seconds:.0f} s; see var/log/.")

    def run_to_end(self, part: Part) -> None:
        """Run a one-shot part while looking after the others.

        Raises:
            Stopped: a signal came.
            Refusal: it failed.
        """
        self.add(part)
        while not part.is_over:
            self.tick()
        self.parts.remove(part)
        if part.given_up:
            raise Refusal(f"{part.name} failed:\n{part.last_words()}\nSee {part.log}.")

    def stop(self) -> None:
        """Stop all parts, the last one first; whatever the later ones need outlives them."""
        foundation, rest = self.parts[:1], self.parts[1:]
        self._stop_together(rest)
        self._stop_together(foundation)

    def _stop_together(self, parts: list[Part]) -> None:
        alive = [part for part in parts if part.process and part.process.poll() is None]
        for part in alive:
            if part.process:
                processes.send(part.process.pid, part.stop_signal)
        for part in alive:
            if part.process:
                _wait_or_kill(part, part.process)
        for part in parts:
            part.end_children()

    def _ask_stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._stop_signal = number

    def _look_after(self, part: Part) -> None:
        if part.is_over:
            return
        if part.process is None:
            if time.monotonic() >= part.next_start_at:
                self._try_start(part)
            return
        code = part.process.poll()
        if code is None:
            part.keep_log_short()
            return
        part.exit_code = code
        part.end_children()
        part.process = None
        if part.one_shot and code == 0:
            part.when_done()
            return
        self._plan_restart(part, code)

    def _plan_restart(self, part: Part, code: int) -> None:
        if time.monotonic() - part.started_at > SETTLED_AFTER_SECONDS:
            part.failures = 0
        part.failures += 1
        if part.attempts_max is not None and part.failures >= part.attempts_max:
            part.given_up = True
            if part.attempts_max > 1:
                say(f"{part.name}: {_ending(code)}; given up.")
            return
        delay = BACK_OFF_SECONDS[min(part.failures, len(BACK_OFF_SECONDS)) - 1]
        part.next_start_at = time.monotonic() + delay
        say(f"{part.name}: {_ending(code)}; restarting in {delay:g} s.")
        if part.failures > 1 and part.log:
            say(part.last_words(5))

    def _try_start(self, part: Part) -> None:
        try:
            part.start()
        except NotYet as reason:
            part.next_start_at = time.monotonic() + 1
            if not part.is_waiting:
                say(f"{part.name}: waiting, because {reason}.")
            part.is_waiting = True
            return
        part.is_waiting = False
        if part.starts > 1:
            say(f"{part.name}: started again.")


def _wait_or_kill(part: Part, process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=part.patience_seconds)
    except subprocess.TimeoutExpired:
        say(f"{part.name}: did not stop within {part.patience_seconds:g} s; killed.")
        process.kill()
        process.wait()


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"killed by {signal.Signals(-code).name}"


def inherited_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `extra`, for a part written in Python.

    A machine that doesn't want Python to write beside its sources gets what was compiled into
    var/: else each worker that replaces a dead one would compile all its dependencies again,
    which takes longer than the rest of its start.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **extra}
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment.setdefault("PYTHONPYCACHEPREFIX", str(BASE_DIR / "var" / "pycache"))
    return environment
