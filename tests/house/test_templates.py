"""Templates make no addresses that may come out empty: a button without one does nothing."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path
    for path in ROOT.glob("*/templates/**/*.html")
    if path.relative_to(ROOT).parts[0] not in ("var", ".venv")
)
# What goes wrong without a word: the filter answers "" for a text and a number, an unset variable
# is "", and a written-out path outlives the page that it led to.
SILENT = {
    "the filter `add` joins nothing but two texts or two numbers: make the address in the view":
        re.compile(r"\|add:"),
    "an address is empty": re.compile(r"href=(\"\"|''|\"#\"|'#')"),
    "a path is written out: use `{% url %}`": re.compile(r"(?:href|action)=[\"']/"),
    "a script stands where an address belongs": re.compile(r"href=[\"']?javascript:"),
}  # fmt: skip
_NAMED = re.compile(r"{% url [^%]* as (\w+) %}")


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 90


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_addresses_are_made_where_their_absence_is_noticed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [why for why, pattern in SILENT.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_name_of_an_address_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    unused = [name for name in _NAMED.findall(text) if text.count(name) < 2]
    assert unused == []
