"""In Russian no page of the admin shows English of our own."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import polib
import pytest
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from config.local.messages import ROLES
from config.schedule import SCHEDULE
from tests.admin.conftest import Asking
from tests.admin.test_pages import LISTS, pages_of

PAGES = [reverse("admin:index"), reverse("fraud-figures"), reverse("fraud-anomalies"), *LISTS]
FORMS = [
    reverse(f"admin:{name}_add")
    for name in ("doors_client", "imports_import", "auth_user", "auth_group")
]
# What migrations and the clock have written is data where a row is called by it.
DATA = {*ROLES, *SCHEDULE, "Weights set by hand."}
RUSSIAN = {"accept-language": "ru"}


class Reader(HTMLParser):
    """What a page shows: its text, and what is read out or hinted at."""

    SPOKEN = {"title", "placeholder", "aria-label", "alt"}
    SILENT = {"script", "style", "code", "template"}

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent = 0
        self.icon = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        # The theme's icons are words of a font.
        self.icon = "material-symbols" in (dict(attributes).get("class") or "")
        spoken = {value for name, value in attributes if name in self.SPOKEN and value}
        self.said += spoken - DATA

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT
        self.icon = False

    def handle_data(self, text: str) -> None:
        words = " ".join(text.split())
        if words and words not in DATA and not self.silent and not self.icon:
            self.said.append(words)


def english_on(page: Any) -> set[str]:
    """English texts of the catalogue that a page shows: as they are, or inside another text."""
    assert page.status_code == 200
    reader = Reader()
    reader.feed(page.content.decode())
    said = set(reader.said)
    everything = "\n".join(said)
    return {text for text in ENGLISH if text in said or (" " in text and text in everything)}


def _english() -> Iterator[str]:
    for entry in polib.pofile("locale/ru/LC_MESSAGES/django.po"):
        for text in (entry.msgid, entry.msgid_plural):
            if text and "%(" not in text and text != entry.msgstr:
                yield text


ENGLISH = set(_english())


@pytest.mark.parametrize("address", [*PAGES, *FORMS])
def test_lists_and_forms(manager: Browser, held: Subscriber, address: str) -> None:
    assert english_on(manager.get(address, headers=RUSSIAN)) == set()


def test_pages_of_a_member(manager: Browser, held: Subscriber) -> None:
    pages = [page for page in pages_of(held) if "csv" not in page]
    said = {page: english_on(manager.get(page, headers=RUSSIAN)) for page in pages}
    assert {page: found for page, found in said.items() if found} == {}


def test_pages_of_rows(manager: Browser, credit: Asking) -> None:
    credit("one")
    said = {}
    for model in admin.site._registry:
        meta = model._meta
        for row in model._default_manager.all()[:2]:
            address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
            page = manager.get(address, headers=RUSSIAN, follow=True)
            said[address] = english_on(page)
    assert {page: found for page, found in said.items() if found} == {}
    assert len(said) > 5


def test_the_login_speaks_russian_and_offers_both(db: None) -> None:
    page = Browser().get(reverse("admin:login"), headers=RUSSIAN)
    assert english_on(page) == set()
    assert "Войти" in page.content.decode()
    assert {"English", "Русский"} <= set(_read(page))


def test_a_language_is_chosen_and_kept(manager: Browser) -> None:
    index = reverse("admin:index")
    assert "Абоненты" not in manager.get(index).content.decode()
    chosen = manager.post(reverse("set_language"), {"language": "ru", "next": index})
    assert chosen.status_code == 302
    page = manager.get(index)
    assert page["Content-Language"] == "ru"
    assert "Абоненты" in page.content.decode()


def test_the_language_ends_with_the_request(manager: Browser) -> None:
    manager.get(reverse("admin:index"), headers=RUSSIAN)
    problem = manager.get("/api/v1/nothing")
    assert problem.json()["title"] == "There is no such thing."


def _read(page: Any) -> list[str]:
    reader = Reader()
    reader.feed(page.content.decode())
    return reader.said
