"""A clock command runs as of a moment, and says in one line what it did."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from doors.jobs import JobCommand, Progress


def clock_commands() -> set[str]:
    """Names of the commands that act as of a moment; the audit only reads."""
    return {
        name
        for name, app in get_commands().items()
        if isinstance(load_command_class(app, name), JobCommand)
    } - {"audit_ledger"}


class Expire(JobCommand):
    def run(self, *, now: datetime, **options: Any) -> str:
        assert now.tzinfo is UTC
        return f"expired as of {now.isoformat()}"


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(Expire(), *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("as_of", "now"),
    [
        ("2025-06-30", "2025-06-29T21:00:00+00:00"),
        ("2025-06-30T12:00:00+03:00", "2025-06-30T09:00:00+00:00"),
        ("2025-06-30T12:00:00z", "2025-06-30T12:00:00+00:00"),
    ],
)
def test_runs_as_of_a_moment_or_the_start_of_a_day(as_of: str, now: str) -> None:
    assert run("--as-of", as_of) == f"expired as of {now}\n"
    assert run(as_of=as_of) == f"expired as of {now}\n"


def test_runs_as_of_now_by_default() -> None:
    before = datetime.now(UTC)
    now = datetime.fromisoformat(run().removeprefix("expired as of ").strip())
    assert before <= now <= datetime.now(UTC)


@pytest.mark.parametrize("as_of", ["yesterday", "2025-02-30", "2025-06-30T12:00:00", ""])
def test_refuses_a_moment_that_is_none(as_of: str) -> None:
    with pytest.raises(CommandError):
        run("--as-of", as_of)


def test_a_moment_that_is_still_to_come_needs_a_yes() -> None:
    with pytest.raises(CommandError, match="still to come"):
        run("--as-of", "2999-01-01")
    assert run("--as-of", "2999-01-01T00:00:00Z", "--yes").endswith("2999-01-01T00:00:00+00:00\n")
    with pytest.raises(CommandError, match="still to come"):
        call_command("load_demo", "--as-of", "2999-01-01")


@pytest.mark.parametrize("command", sorted(clock_commands()))
def test_every_job_asks(command: str) -> None:
    with pytest.raises(CommandError, match="still to come"):
        call_command(command, "--as-of", "2999-01-01")


def test_progress_into_a_log_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 10.0, 10.0, 12.0, 20.0])
    monkeypatch.setattr("doors.jobs.time.monotonic", lambda: next(clock))
    log = io.StringIO()
    with Progress("Charges", total=3000, stream=log) as progress:
        progress.advance(1000)
        progress.advance(1000)
        progress.advance(1000)
    assert log.getvalue() == (
        "Charges: 2,000 of 3,000 rows, 200/s\nCharges: 3,000 of 3,000 rows, 150/s\n"
    )


def test_progress_counts_what_it_yields() -> None:
    progress = Progress("Rows", stream=io.StringIO())
    assert list(progress.over("abc")) == ["a", "b", "c"]
    assert progress.done == 3
