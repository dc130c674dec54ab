"""What `docs/` says is so."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.urls import get_resolver

from config.events import EVENTS
from kernel.refusals import Refusal
from loyalty.policy.book import MOVES

ROOT = Path(settings.BASE_DIR)
PLUMBING = {"tests", "benchmarks", "docs", "docker", "var", "demo_data"}


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def first_cells(table: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))


def refusals(parent: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in parent.__subclasses__():
        if not child.__module__.startswith("tests."):
            yield child
        yield from refusals(child)


def test_every_refusal_is_documented_and_none_besides() -> None:
    # Reading the addresses imports every view, and so every policy that refuses.
    get_resolver().url_patterns  # noqa: B018
    assert first_cells(text("refusals.md")) == {refusal.code for refusal in refusals(Refusal)}


def test_the_map_names_every_package_and_none_besides() -> None:
    map_of_apps = text("architecture.md").split("## The map")[1].split("##")[0]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - PLUMBING
    assert first_cells(map_of_apps) == packages


def test_every_event_is_listed_with_what_its_schema_says() -> None:
    listed = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", text("webhooks.md"), re.MULTILINE)
    assert dict(listed) == {name: summary for name, (summary, _) in EVENTS.items()}


def test_every_kind_of_entry_is_explained() -> None:
    kinds = text("ledger.md").split("## Kinds of entries")[1].split("##")[0]
    explained = {
        kind
        for row in re.findall(r"^\| (`.+?) \|", kinds, re.MULTILINE)
        for kind in re.findall(r"`([a-z_]+)`", row)
    }
    assert explained == set(MOVES)


def test_every_job_of_the_clock_is_explained() -> None:
    commands = {
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if "JobCommand" in path.read_text(encoding="utf-8") and path.parts[-4] != "demo"
    }
    assert first_cells(text("clock.md")) == commands
    assert commands <= set(get_commands())


def test_the_openapi_document_is_valid_and_leaves_nothing_to_guess(tmp_path: Path) -> None:
    schema = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(schema))
    assert "openapi: 3.1" in schema.read_text(encoding="utf-8")
