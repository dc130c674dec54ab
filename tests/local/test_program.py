"""Each kind of process has the time-outs of its kind, and a name that the audit trail tells."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from config.program import process_kind, program_name
from config.timeouts import TIMEOUTS

SAID = (
    "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"
)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["/venv/bin/celery", "--app", "config.celery", "worker"], "worker"),
        (["/venv/lib/celery/__main__.py", "beat"], "worker"),
        (["manage.py", "audit_ledger"], "command"),
        (["/clone/config/local/prepare.py"], "command"),
        ([], "command"),
    ],
)
def test_a_process_is_known_by_what_started_it(arguments: list[str], kind: str) -> None:
    assert process_kind(arguments) == kind


def test_a_command_is_told_by_its_name_and_user() -> None:
    assert program_name(["manage.py", "audit_ledger"]).startswith("audit_ledger by ")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["-c", f"import config.wsgi; {SAID}"], "web"),
        (["-c", f"import config.celery; {SAID}"], "command"),
        (["manage.py", "shell", "--no-imports", "-c", SAID], "command"),
    ],
)
def test_its_connections_have_the_time_outs_of_its_kind(arguments: list[str], kind: str) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "TENURE_PROCESS"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith(TIMEOUTS[kind].options)
