"""What lies in docker/ fits the code: parts, variables, and who may migrate."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import OperationalError
from psycopg import errors

from config.deployment import prepare
from config.local.places import BASE_DIR

DOCKER = BASE_DIR / "docker"
ENTRYPOINT = DOCKER / "entrypoint.sh"
# Read by the settings, and not for an installation to set: of tests, the launcher, compose and
# the image.
NOT_TO_BE_SET = {
    "DATABASE_MAY_FORGET",
    "METRICS_PORT",
    "OWNER_DATABASE_URL",
    "PROMETHEUS_MULTIPROC_DIR",
    "TENURE_PROCESS",
}
# Of compose, and of the scripts in docker/.
FOR_COMPOSE = {"OWNER_PASSWORD", "APP_PASSWORD", "BROKER_PASSWORD", "TENURE_VERSION",
               "HTTP_PORT", "HTTPS_PORT"}  # fmt: skip


def example() -> dict[str, str]:
    lines = (DOCKER / "example.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def compose() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text())
    return said


def read_by(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text()))


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read = read_by(BASE_DIR / "config" / "settings.py", r"env\.\w+\(\s*\"([A-Z_]+)\"")
    read |= read_by(BASE_DIR / "config" / "deployment" / "prepare.py", r"environ\.get\(\"([A-Z_]+)")
    read |= read_by(ENTRYPOINT, r"\$\{([A-Z_]+):-")
    documented = set(example())
    assert read - documented == NOT_TO_BE_SET
    assert documented - read == FOR_COMPOSE


def test_compose_asks_for_what_the_example_has() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yml").read_text()))
    assert asked <= set(example())


def test_only_who_prepares_can_migrate() -> None:
    services = compose()["services"]
    assert {name for name, part in services.items() if "OWNER_DATABASE_URL" in str(part)} == {
        "prepare"
    }
    assert services["prepare"]["profiles"] == ["prepare"]
    assert "migrate" not in ENTRYPOINT.read_text().split("prepare)")[0].split("case")[1]


@pytest.mark.parametrize("name", ["prepare", "web", "worker", "beat"])
def test_our_parts_run_as_nobody_in_particular_on_a_root_that_is_read_only(name: str) -> None:
    part = compose()["services"][name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert f"{part['command'][0]})" in ENTRYPOINT.read_text()


def test_the_image_runs_as_an_ordinary_user() -> None:
    stages = (DOCKER / "Dockerfile").read_text().split("\nFROM ")
    assert "\nUSER tenure\n" in stages[-1]


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(ENTRYPOINT), "everything"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 64
    assert "no part is called everything" in done.stderr


@pytest.mark.parametrize("script", sorted(DOCKER.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_a_restore_says_what_it_wants_and_overwrites_nothing(tmp_path: Path) -> None:
    script = str(DOCKER / "restore.sh")
    usage = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert usage.returncode == 64
    assert "restore.sh BASE ARCHIVE DATA PORT" in usage.stderr
    base, archive, data = (tmp_path / name for name in ("base", "archive", "data"))
    for place in (base, archive, data):
        place.mkdir()
    call = ["sh", script, str(base), str(archive), str(data), "5999"]
    assert subprocess.run(call, capture_output=True, check=False).returncode == 66
    (base / "PG_VERSION").write_text("18\n")
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 73
    assert "never overwrites" in done.stderr


class Busy:
    """A command that finds its table busy a number of times."""

    def __init__(self, times: int, cause: Exception) -> None:
        self.times, self.cause, self.calls = times, cause, 0

    def __call__(self, *args: object, **options: object) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise OperationalError("no lock") from self.cause


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(times: int, cause: Exception) -> Busy:
        command = Busy(times, cause)
        monkeypatch.setattr(prepare, "call_command", command)
        monkeypatch.setattr("config.deployment.prepare.time.sleep", lambda seconds: None)
        return command

    return of


@pytest.mark.django_db
def test_a_migration_that_finds_its_table_busy_gives_way_and_tries_again(busy: Any) -> None:
    command = busy(2, errors.LockNotAvailable())
    assert prepare.migrated(attempts=5)
    assert command.calls == 3
    assert not prepare.migrated(attempts=0)


@pytest.mark.django_db
def test_it_gives_up_in_the_end(busy: Any) -> None:
    command = busy(9, errors.LockNotAvailable())
    assert not prepare.migrated(attempts=3)
    assert command.calls == 3


@pytest.mark.django_db
def test_another_failure_is_not_tried_again(busy: Any) -> None:
    command = busy(1, errors.UndefinedTable())
    with pytest.raises(OperationalError):
        prepare.migrated(attempts=3)
    assert command.calls == 1
