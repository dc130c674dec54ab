"""The commands: a local file, watched, stopped, gone on with."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from imports.api.rows import ChargeRows
from imports.models import Import
from imports.policy import batches
from tests.imports.conftest import (
    NOW,
    Receive,
    books,
    charge,
    counts,
    csv_of,
    import_subscribers,
    ndjson_of,
    subscriber_row,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "charges.csv"
    path.write_bytes(csv_of([*(charge(n, f"s{n % 10}") for n in range(50)), charge(50, "nobody")]))
    return path


def run(name: str, *arguments: Any, **options: Any) -> str:
    output = io.StringIO()
    call_command(name, *map(str, arguments), stdout=output, **{"workers": 1, **options})
    return output.getvalue()


@pytest.mark.django_db
def test_imports_a_file_and_says_what_became_of_it(
    subscribers: list[str], file: Path, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    said = run("import_charges", file, errors=errors)
    assert "finished: 51 rows, of which 50 accepted, 0 known already, 1 rejected" in said
    [row] = list(csv.DictReader(io.StringIO(errors.read_text(encoding="utf-8"))))
    assert (row["line"], row["id"], row["code"]) == ("52", "c50", "unknown_subscriber")
    assert books()[0] == 50
    assert file.exists()
    again = run("import_charges", file)
    assert "50 accepted, 0 known already, 1 rejected; 0 now" in again


@pytest.mark.django_db
def test_imports_subscribers(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.jsonl"
    path.write_bytes(ndjson_of(subscriber_row(f"s{n}") for n in range(5)))
    assert "5 accepted" in run("import_subscribers", path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (None, "gone.csv", "No such file"),
        (b"", "empty.csv", "file_empty"),
        (b"x,y\n", "a.csv", "header_invalid"),
        (b"x,y\n", "a.bin", "--format"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes | None, name: str, told: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=told):
        run("import_charges", path)
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_an_id_means_one_content(subscribers: list[str], file: Path) -> None:
    run("import_charges", file, import_id="june")
    file.write_bytes(file.read_bytes() + b"x\n")
    with pytest.raises(CommandError, match="id_reused"):
        run("import_charges", file, import_id="june")


@pytest.mark.django_db
def test_stopped_by_hand_it_goes_on_at_once(
    subscribers: list[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 10)
    original, batches_taken = ChargeRows.take_in, 0

    def stopping(self: ChargeRows, *args: Any, **kwargs: Any) -> Any:
        nonlocal batches_taken
        batches_taken += 1
        if batches_taken == 3:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(ChargeRows, "take_in", stopping)
        with pytest.raises(SystemExit, match="130"):
            run("import_charges", file)
    assert books()[0] == 20
    assert "50 accepted, 0 known already, 1 rejected; 31 now" in run("import_charges", file)
    assert books()[0] == 50


@pytest.mark.django_db
def test_the_clocks_command_says_what_it_called(subscribers: list[str], receive: Receive) -> None:
    receive(csv_of([charge(1, "s1")]))
    output = io.StringIO()
    call_command("resume_imports", as_of=f"{NOW.date().isoformat()}T23:00:00Z", stdout=output)
    assert output.getvalue() == "2 shards called, 0 stray files removed.\n"


@pytest.mark.usefixtures("committed")
def test_several_processes_share_the_work(receive: Receive, file: Path) -> None:
    import_subscribers(receive, [f"s{n}" for n in range(10)])
    said = run("import_charges", file, workers=2)
    assert "finished: 51 rows, of which 50 accepted" in said
    assert Import.objects.get(kind="charges").shards.count() == 2
    assert books()[0] == 50


@pytest.mark.usefixtures("committed")
def test_killed_and_started_again_it_posts_each_charge_once(
    receive: Receive, tmp_path: Path, settings: Any
) -> None:
    names = import_subscribers(receive, [f"s{n}" for n in range(200)])
    path = tmp_path / "many.csv"
    path.write_bytes(csv_of(charge(n, names[n % 200]) for n in range(30_000)))
    started = start(path, settings)
    deadline = time.monotonic() + 60
    while books()[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    imported = Import.objects.get(kind="charges")
    posted = books()[0]
    assert 0 < posted < 30_000, "it was killed in between"
    assert sum(counts(imported)[1:]) == posted, "counts and books are one transaction"

    # Its lease is what the next one waits for.
    imported.shards.filter(finished_at=None).update(claimed_by=None, leased_until=None)
    assert start(path, settings).wait() == 0
    assert counts(imported) == (30_000, 30_000, 0, 0)
    assert books() == (30_000, 30_000, 3_000_000)


@pytest.mark.usefixtures("committed")
def test_interrupted_with_several_processes_it_goes_on_at_once(
    receive: Receive, tmp_path: Path, settings: Any
) -> None:
    names = import_subscribers(receive, [f"s{n}" for n in range(200)])
    path = tmp_path / "many.csv"
    path.write_bytes(csv_of(charge(n, names[n % 200]) for n in range(40_000)))
    started = start(path, settings, workers=2)
    deadline = time.monotonic() + 60
    while books()[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=20) == 130
    assert 0 < books()[0] < 40_000
    imported = Import.objects.get(kind="charges")
    assert not imported.shards.exclude(leased_until=None).exists()
    assert start(path, settings, workers=2).wait(timeout=60) == 0
    assert counts(imported) == (40_000, 40_000, 0, 0)
    assert books()[0] == 40_000


def start(path: Path, settings: Any, *, workers: int = 1) -> "subprocess.Popen[bytes]":
    """Start the command in a process of its own, on the test's database."""
    named = connection.settings_dict
    url = (
        f"postgres://{named['USER']}:{named['PASSWORD']}@{named['HOST']}:{named['PORT']}"
        f"/{named['NAME']}"
    )
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_charges", str(path), "--workers", str(workers)],
        cwd=settings.BASE_DIR,
        # Files of its own: a test beside this one may sweep those that its database doesn't know.
        env={**os.environ, "DATABASE_URL": url, "IMPORTS_DIR": str(path.parent / "imports")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
