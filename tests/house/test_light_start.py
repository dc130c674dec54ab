"""Web servers start without half of scientific Python: it is for jobs that measure and fit."""

import subprocess
import sys

from django.conf import settings

HEAVY = ("numpy", "pyarrow", "scipy", "sklearn")


def test_a_web_server_loads_nothing_that_only_jobs_need() -> None:
    said = (
        "import sys; import config.wsgi, config.urls;"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", said],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
