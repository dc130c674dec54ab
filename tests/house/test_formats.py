"""Dates are shown by the names of formats, so that each language has its own."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from config.local.messages import APPS

ROOT = Path(settings.BASE_DIR)
# Times of day are the same in both languages; `c` is for machines.
NAMED = re.compile(r"[A-Z_]+_FORMAT|H:i(:s)?|c")
FILTERS = re.compile(r"""\|(?:date|time):["']([^"']+)["']""")
CALLS = re.compile(r"""date_format\([^"'\n]*,\s*["']([^"']+)["']""")


def formats_in(app: str) -> list[tuple[str, str]]:
    pages = [(path, FILTERS) for path in (ROOT / app).rglob("*.html")]
    modules = [(path, CALLS) for path in (ROOT / app).rglob("*.py")]
    return [
        (str(path.relative_to(ROOT)), found)
        for path, pattern in pages + modules
        for found in pattern.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("app", [*APPS, "config"])
def test_no_date_is_shown_by_a_format_of_one_language(app: str) -> None:
    assert [each for each in formats_in(app) if not NAMED.fullmatch(each[1])] == []


def test_the_house_shows_dates() -> None:
    assert len([each for app in APPS for each in formats_in(app)]) > 30
