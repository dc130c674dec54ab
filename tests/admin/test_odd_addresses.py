"""Lists of the admin answer whatever their addresses say: nobody's address is a fault of ours."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

pytestmark = pytest.mark.django_db

_SEARCH = ("q", "o", "p", "all", "e", "_facets", "_popup", "_to_field")
_LOOKUPS = (
    "", "__exact", "__in", "__isnull", "__gte", "__gt", "__lte", "__lt", "__from", "__to",
    "__from_0", "__to_1", "__icontains", "__id__exact", "__pk__exact", "__year", "__month", "__day",
)  # fmt: skip


def parameters_of(model: type[Model]) -> Iterator[str]:
    """Yield every parameter that a list could read: its own, and those of each filter."""
    shown = admin.site._registry[model]
    yield from _SEARCH
    if shown.date_hierarchy:
        yield from (f"{shown.date_hierarchy}{lookup}" for lookup in _LOOKUPS)
    for each in shown.list_filter or ():
        found = each[0] if isinstance(each, (tuple, list)) else each
        if isinstance(found, str):
            yield from (f"{found}{lookup}" for lookup in _LOOKUPS)
        else:
            name = getattr(found, "parameter_name", None) or ""
            yield from (f"{name}{lookup}" for lookup in ("", "_from", "_to", "__exact"))


LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ids = [model._meta.label for model in LISTS]


@pytest.fixture
def root(client: Browser) -> Browser:
    client.force_login(User.objects.create_superuser("root"))
    client.raise_request_exception = False
    return client


def page_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


# As they stand in an address. The last one is a NUL once the one within is taken out.
VALUES = ("%00", "%ED%A0%80%ff", "9" * 40, "0000-00-00", "%0%000")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("model", LISTS, ids=ids)
def test_no_value_breaks_a_list(root: Browser, model: type[Model], value: str) -> None:
    every = "&".join(f"{quote(name)}={value}" for name in parameters_of(model) if name != "_popup")
    for asked in (every, f"q={value}&o={value}", f"p={value}"):
        assert root.get(f"{page_of(model)}?{asked}").status_code < 500, asked


@pytest.mark.parametrize("model", LISTS, ids=ids)
def test_a_nul_in_any_parameter_is_dropped(root: Browser, model: type[Model]) -> None:
    for name in parameters_of(model):
        if "__" in name or name in _SEARCH:
            continue
        assert root.get(f"{page_of(model)}?{quote(name)}=%00").status_code < 400, name


@pytest.mark.parametrize("path", ["/admin/%00/", "/admin/loyalty/payout/%00/change/", "/%00"])
def test_a_nul_in_a_path_is_404(root: Browser, path: str) -> None:
    assert root.get(path).status_code == 404


@pytest.mark.parametrize("chosen", ["a\x00b", "abc", "9" * 40, ""])
@pytest.mark.parametrize("model", LISTS, ids=ids)
def test_no_choice_breaks_an_action(
    root: Browser, rf: Any, model: type[Model], chosen: str
) -> None:
    request = rf.get("/")
    request.user = User.objects.get()
    for action in admin.site._registry[model].get_actions(request):
        said = {"action": action, "_selected_action": [chosen]}
        assert root.post(page_of(model), said).status_code < 500, action


def test_a_packed_form_is_415(root: Browser) -> None:
    packed = {"content-encoding": "gzip"}
    for page in ("/admin/login/", page_of(User)):
        assert root.post(page, {"a": "b"}, headers=packed).status_code == 415
