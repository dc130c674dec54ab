"""Every event that an app announces is heard by somebody, or listed as unheard."""

import importlib
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from config.events import EVENTS
from config.routes import INSIDE, ROUTES, UNHEARD
from tests.announced import Undocumented, check

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


def test_every_event_has_a_schema_and_those_for_outside_are_in_the_document() -> None:
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    assert set(EVENTS) == set(document["webhooks"]) == announced() - set(INSIDE)


def test_a_schema_that_says_less_or_more_than_an_item_is_found() -> None:
    item = {"subscriber_id": "ann", "points": 5}
    check("points.revoked", [item])
    for wrong in ({"subscriber_id": "ann"}, {**item, "msisdn": "+7"}, {**item, "points": "5"}):
        with pytest.raises(Undocumented):
            check("points.revoked", [wrong])
