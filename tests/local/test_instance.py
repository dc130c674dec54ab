"""What a clone remembers, and the files that tell others."""

import subprocess
from pathlib import Path

import environ
import pytest

from config.local import instance as instance_module
from config.local.console import Refusal
from config.local.instance import (
    hold_lock,
    note_in_lock,
    open_instance,
    write_environment,
)

DIGEST = "0123456789ab"


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(instance_module, "is_free", lambda port: True)
    monkeypatch.setattr(instance_module, "first_free", lambda candidates: next(iter(candidates)))
    return tmp_path / "instance.json"


def test_remembers_everything_it_made(remembered: Path) -> None:
    made = open_instance(remembered, digest=DIGEST)

    assert open_instance(remembered, digest=DIGEST) == made


def test_its_file_is_closed_to_others(remembered: Path) -> None:
    open_instance(remembered, digest=DIGEST)

    assert remembered.stat().st_mode & 0o777 == 0o600


def test_takes_another_port_and_keeps_the_rest_when_somebody_else_took_it(
    remembered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_instance(remembered, digest=DIGEST)
    monkeypatch.setattr(instance_module, "is_free", lambda port: False)
    monkeypatch.setattr(instance_module, "first_free", lambda candidates: 12345)

    moved = open_instance(remembered, digest=DIGEST)

    assert moved.database_port == 12345
    assert moved.owner_password == made.owner_password


def test_two_clones_look_for_a_port_in_different_places(tmp_path: Path, remembered: Path) -> None:
    one = open_instance(tmp_path / "one.json", digest=DIGEST)
    other = open_instance(tmp_path / "other.json", digest="ba9876543210")

    assert one.database_port != other.database_port


VARIABLES = {"PLAIN": "a1", "URL": "postgres://u:p@h:1/d", "ODD": "it's $HOME; #1"}


def test_a_shell_reads_the_environment_file_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    write_environment(path, VARIABLES)
    script = f'. {path}; printf "%s|%s|%s" "$PLAIN" "$URL" "$ODD"'

    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout == "|".join(VARIABLES.values())


def test_settings_read_the_environment_file_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.env"
    instance = instance_module.Instance(database_port=20001)
    write_environment(path, instance.environment())
    scope: dict[str, str] = {}
    monkeypatch.setattr(environ.Env, "ENVIRON", scope)

    environ.Env.read_env(path)

    assert scope == instance.environment()


def test_a_clone_has_one_launcher_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with hold_lock(path) as lock:
        note_in_lock(lock, "process 7")
        with pytest.raises(Refusal, match="process 7"):
            hold_lock(path)

    hold_lock(path).close()
