"""Whatever writes CSV does it by `kernel.spreadsheets`, which keeps formulas from running."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
WRITER = ROOT / "kernel" / "spreadsheets.py"
_WRITES = re.compile(r"csv\.(?:writer|DictWriter)|from csv import|import csv as|to_csv\(")
_NOT_OURS = {".venv", "var", "tests"}


def test_there_is_one_writer_of_csv() -> None:
    found = {
        path
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in _NOT_OURS and _WRITES.search(path.read_text())
    }
    assert found == {WRITER}
