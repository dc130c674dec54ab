"""Every event that an app announces is heard by somebody, or listed as unheard."""

import importlib
from pathlib import Path

from django.conf import settings

from config.routes import ROUTES, UNHEARD

ROOT = Path(settings.BASE_DIR)


def announced() -> set[str]:
    names: set[str] = set()
    for path in ROOT.glob("*/news.py"):
        module = importlib.import_module(f"{path.parent.name}.news")
        names |= {value for name, value in vars(module).items() if name.isupper()}
    return names


def test_every_event_is_routed_or_listed_as_unheard() -> None:
    assert announced() == set(ROUTES) | set(UNHEARD)


def test_no_event_is_both_heard_and_unheard() -> None:
    assert not set(ROUTES) & set(UNHEARD)


def test_every_route_leads_to_a_task_that_exists() -> None:
    for names in ROUTES.values():
        for name in names:
            module, _, task = name.rpartition(".")
            assert hasattr(importlib.import_module(module), task), name
