"""Imports in the admin: seen by those who may, sent by those who may."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from imports.models import Import
from imports.operations import IncomingFile
from tests.imports.conftest import Receive, charge, csv_of, read_all

pytestmark = pytest.mark.django_db

LIST = "/admin/imports/import/"
GOOD = csv_of([charge(1, "s1"), charge(2, "nobody")])


@pytest.fixture
def person(browser: Browser) -> Browser:
    """A browser of somebody who may view imports."""
    user = User.objects.create_user("vera", password="v", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_import"))
    browser.force_login(user)
    browser.handler.enforce_csrf_checks = False
    return browser


def allow_sending() -> None:
    permission = Permission.objects.get(codename="add_import")
    User.objects.get(username="vera").user_permissions.add(permission)


def send(person: Browser, content: bytes, name: str = "a.csv", **changes: str) -> Any:
    form = {"import_id": "by-hand", "kind": "charges", **changes}
    return person.post(f"{LIST}add/", {**form, "file": SimpleUploadedFile(name, content)})


def test_shows_imports_with_their_progress_and_errors(
    person: Browser, receive: Receive, subscribers: list[str]
) -> None:
    imported = read_all(receive(GOOD, import_id="june"))
    page = person.get(LIST).content.decode()
    assert "june" in page
    assert '<progress max="100" value="100"' in page
    page = person.get(f"{LIST}{imported.pk}/change/").content.decode()
    assert "unknown_subscriber" in page
    download = person.get(reverse("admin:imports_import_errors", args=[imported.pk]))
    assert b"".join(download).decode().splitlines()[1].startswith("3,c2,unknown_subscriber")


def test_a_file_is_sent_by_those_who_may(person: Browser, imports_dir: Path) -> None:
    assert person.get(f"{LIST}add/").status_code == 403
    assert send(person, GOOD).status_code == 403
    allow_sending()
    assert person.get(f"{LIST}add/").status_code == 200
    assert send(person, GOOD).status_code == 302
    imported = Import.objects.get(import_id="by-hand")
    assert (imported.created_by, imported.shards.count()) == ("vera", 2)
    assert [path.read_bytes() for path in imports_dir.iterdir()] == [GOOD]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"\xff\xfea", "a.csv", "UTF-16"),
        (GOOD, "a.xlsx", "Its name must end with"),
        (b"x,y\n", "a.csv", "It names none of the columns"),
        (GOOD, "a.ndjson", "is not JSON"),
    ],
)
def test_a_file_that_cant_be_read_is_refused(
    person: Browser, imports_dir: Path, content: bytes, name: str, told: str
) -> None:
    allow_sending()
    answer = send(person, content, name)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Import.objects.exists()


LARGE = csv_of([charge(1, "s1")]) + b"\n" * 3_000_000


@pytest.mark.parametrize("name", ["a.csv", "a." + "b" * 250, "a." + "а" * 200])
def test_a_large_file_arrives_where_imports_lie(
    person: Browser, imports_dir: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    allow_sending()
    imports_dir.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(imports_dir)
    # /tmp may be small, or memory.
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    spooled: list[tuple[str, int]] = []

    class Looking(IncomingFile):
        def write(self, piece: bytes) -> None:
            spooled[:] = [
                (path.suffix, path.stat().st_mode & 0o777)
                for path in imports_dir.iterdir()
                if path != self.path
            ]
            super().write(piece)

    monkeypatch.setattr("imports.admin.imports.IncomingFile", Looking)
    answer = send(person, LARGE, name)
    if name == "a.csv":
        assert answer.status_code == 302
        assert spooled == [(".upload", 0o600)]
        assert [path.read_bytes() for path in imports_dir.iterdir()] == [LARGE]
    else:
        assert answer.status_code == 200
        assert "Its name must end with" in answer.content.decode()
        assert list(imports_dir.iterdir()) == []


def test_the_directory_is_made_at_the_start(tmp_path: Path, settings: Any) -> None:
    directory = tmp_path / "not" / "yet"
    said = subprocess.run(
        [
            *(sys.executable, "manage.py", "shell", "--no-imports", "-c"),
            "from django.conf import settings; print(settings.FILE_UPLOAD_TEMP_DIR)",
        ],
        cwd=settings.BASE_DIR,
        env={**os.environ, "IMPORTS_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(directory)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_an_id_is_used_once(person: Browser, imports_dir: Path) -> None:
    allow_sending()
    send(person, GOOD)
    answer = send(person, GOOD + b"\n")
    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()


def test_strangers_see_nothing(browser: Browser, receive: Receive) -> None:
    imported = receive(GOOD)
    errors = reverse("admin:imports_import_errors", args=[imported.pk])
    user = User.objects.create_user("nemo", password="n", is_staff=True)
    browser.force_login(user)
    for path in (LIST, f"{LIST}{imported.pk}/change/", errors):
        assert browser.get(path).status_code == 403
