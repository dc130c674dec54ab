"""Parts are kept running, and nothing is left of them at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import processes
from config.local import supervisor as supervisor_module
from config.local.console import Refusal
from config.local.supervisor import (
    NotYet,
    Part,
    Stopped,
    Supervisor,
    inherited_environment,
)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(supervisor_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(supervisor_module, "BACK_OFF_SECONDS", (0.01, 0.02))
    made = Supervisor()
    yield made
    made.stop()


def shell(script: str, log: Path | None = None, **more: object) -> Part:
    part = Part(
        name="part",
        command=["/bin/sh", "-c", script],
        environment={"PATH": "/usr/bin:/bin"},
        log=log,
    )
    for name, value in more.items():
        setattr(part, name, value)
    return part


def running_pid(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


def is_gone(pid: int) -> bool:
    # Without /proc, a killed process counts as running until init has collected it.
    return processes.wait_until(lambda: not processes.is_running(pid), seconds=5)


def test_starts_a_part_again_that_was_killed(supervisor: Supervisor) -> None:
    part = shell("exec sleep 60")
    supervisor.add(part)
    os.kill(running_pid(part), signal.SIGKILL)

    supervisor.wait_for(lambda: part.starts == 2, seconds=5, what="restart")

    assert processes.is_running(running_pid(part))


def test_kills_what_a_dead_part_left_before_it_starts_it_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = tmp_path / "child"
    part = shell(f"sleep 60 & echo $! >> {child}; exec sleep 60")
    supervisor.add(part)
    supervisor.wait_for(lambda: child.exists() and child.read_text() != "", seconds=5, what="start")
    orphan = int(child.read_text().split()[0])
    os.kill(running_pid(part), signal.SIGKILL)

    supervisor.wait_for(lambda: part.starts == 2, seconds=5, what="restart")

    assert is_gone(orphan)


def test_tries_again_when_a_part_cannot_start_yet(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([NotYet("wait"), None])

    def before_start() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    part = shell("exec sleep 60", before_start=before_start)
    supervisor.add(part)
    assert part.process is None

    part.next_start_at = 0
    supervisor.tick()

    assert part.process is not None


def test_gives_up_a_one_shot_part_after_its_last_attempt(supervisor: Supervisor) -> None:
    part = shell("exit 3", one_shot=True, attempts_max=2)

    with pytest.raises(Refusal):
        supervisor.run_to_end(part)

    assert part.starts == 2


def test_shows_the_last_words_of_what_failed(supervisor: Supervisor, tmp_path: Path) -> None:
    part = shell("echo out of luck; exit 3", log=tmp_path / "log", one_shot=True, attempts_max=1)

    with pytest.raises(Refusal, match="out of luck"):
        supervisor.run_to_end(part)


def test_tells_when_a_one_shot_part_is_done(supervisor: Supervisor) -> None:
    done: list[bool] = []

    supervisor.run_to_end(shell("exit 0", one_shot=True, when_done=lambda: done.append(True)))

    assert done == [True]


def test_stopping_ends_parts_and_their_children(supervisor: Supervisor, tmp_path: Path) -> None:
    child = tmp_path / "child"
    part = shell(f"sleep 60 & echo $! > {child}; wait")
    supervisor.add(part)
    supervisor.wait_for(lambda: child.exists() and child.read_text() != "", seconds=5, what="start")

    supervisor.stop()

    assert is_gone(int(child.read_text()))


def test_kills_a_part_that_does_not_stop_in_time(supervisor: Supervisor, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    part = shell(f"trap '' TERM; touch {ready}; while :; do sleep 1; done", patience_seconds=0.2)
    supervisor.add(part)
    supervisor.wait_for(ready.exists, seconds=5, what="start")
    pid = running_pid(part)

    supervisor.stop()

    assert is_gone(pid)


def test_a_signal_stops_the_watch(supervisor: Supervisor) -> None:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        supervisor.listen()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            supervisor.tick()
    finally:
        for number, action in kept.items():
            signal.signal(number, action)


def test_the_kernel_ends_a_part_whose_launcher_was_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    launcher = (
        "import signal, subprocess, pathlib, time\n"
        "from config.local.processes import die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True,\n"
        "    preexec_fn=die_with_parent(signal.SIGTERM))\n"
        f"pathlib.Path({str(told)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", launcher])
    assert processes.wait_until(lambda: told.exists() and told.read_text() != "", seconds=20)
    process.kill()
    process.wait()

    child = int(told.read_text())
    assert is_gone(child)


@pytest.mark.skipif(not processes.is_proc_mounted(), reason="/proc isn't mounted")
def test_finds_leftovers_by_the_mark_in_their_environment_alone(tmp_path: Path) -> None:
    ours = subprocess.Popen(
        ["sleep", "60"], env={"PATH": "/usr/bin:/bin", "TENURE_CLONE": str(tmp_path)}
    )
    other = subprocess.Popen(
        ["sleep", "60"], env={"PATH": "/usr/bin:/bin", "TENURE_CLONE": f"{tmp_path}/x"}
    )

    def found() -> list[int]:
        return processes.marked_with(str(tmp_path))

    assert processes.wait_until(lambda: found() == [ours.pid], seconds=5)

    processes.end_all(found, patience_seconds=1)

    assert ours.wait(timeout=5) == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()


def test_parts_keep_what_they_compiled_where_nothing_is_written_beside_the_sources(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)

    environment = inherited_environment({})

    asked = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
    said = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[0] == "False"
    assert said[1].endswith("/var/pycache")


def test_parts_compile_beside_the_sources_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)

    assert "PYTHONPYCACHEPREFIX" not in inherited_environment({})


def test_a_long_log_is_set_aside_while_its_part_writes_on(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "LOG_BYTES_MAX", 100)
    log = tmp_path / "part.log"
    aside = log.with_suffix(".log.1")
    supervisor.add(shell("while :; do echo a line of the part; sleep 0.01; done", log))

    supervisor.wait_for(aside.exists, seconds=5, what="a long log")
    supervisor.wait_for(lambda: log.stat().st_size > 0, seconds=5, what="another line")

    assert aside.read_text().startswith("a line of the part\n")
    assert log.read_text().startswith("a line of the part\n")
