"""A dry run says what an import would do, and writes nothing."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from imports.admin.columns import WORDINGS, columns_shown, sample_of
from imports.models import Import
from imports.operations import try_import
from imports.policy.kinds import CHARGES, CSV, KINDS, SUBSCRIBERS
from imports.queries.kinds import row_kind
from tests.books import dump
from tests.imports.conftest import (
    NOW,
    Receive,
    charge,
    counts,
    csv_of,
    errors,
    import_subscribers,
    ndjson_of,
    read_all,
    subscriber_row,
)

pytestmark = pytest.mark.django_db

ADD = "/admin/imports/import/add/"
CHARGES_FILE = csv_of(
    [charge(1, "s1"), charge(2, "nobody"), charge(3, "s2", amount="0"), charge(1, "s1")]
)


def everything() -> Any:
    return dump(), list(Import.objects.values())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


@pytest.mark.parametrize("kind", KINDS)
def test_says_what_the_import_would_then_do(
    kind: str, receive: Receive, path: Path, subscribers: list[str]
) -> None:
    if kind == CHARGES:
        path.write_bytes(CHARGES_FILE)
    else:
        older = (NOW - timedelta(hours=1)).isoformat()
        path.write_bytes(
            csv_of(
                [
                    subscriber_row("s1", reported_at=older),
                    subscriber_row("new", reported_at=older),
                    subscriber_row("new", status="asleep"),
                    subscriber_row("late", status_since="2126-01-01T00:00:00Z"),
                ],
                "subscriber_id,msisdn,status,activated_at,plan,region,status_since,reported_at",
            )
        )
    before = everything()
    tried = try_import(kind=kind, form=CSV, path=path, by="test", clock=lambda: NOW)
    assert everything() == before

    imported = read_all(receive(path.read_bytes(), kind=kind, shards=1))
    stale = sum(imported.shards.values_list("stale", flat=True))
    assert (tried.rows_read, tried.accepted, tried.replayed, tried.rejected) == counts(imported)
    assert tried.stale == stale == (kind == SUBSCRIBERS)
    told = sorted((*tried.rejected_rows, *tried.stale_rows), key=lambda row: row.line)
    assert [(row.line, row.row_id, row.fault.code) for row in told] == errors(imported)
    assert tried.is_whole


def test_reads_no_more_than_it_is_asked_to(path: Path, subscribers: list[str]) -> None:
    path.write_bytes(csv_of([charge(n, "s1") for n in range(1_200)]))
    said: dict[str, Any] = {"kind": CHARGES, "form": CSV, "path": path, "by": "test"}
    tried = try_import(**said, clock=lambda: NOW, rows_max=600)
    assert (tried.rows_read, tried.is_whole) == (1_000, False)
    tried = try_import(**said, clock=lambda: NOW, ends_at=NOW)
    assert (tried.rows_read, tried.is_whole) == (500, False)
    tried = try_import(**said, clock=lambda: NOW, rows_max=1_200)
    assert (tried.rows_read, tried.is_whole) == (1_200, True)


def test_over_the_api(send: Callable[..., Any], subscribers: list[str], imports_dir: Path) -> None:
    before, files = everything(), list(imports_dir.iterdir())
    answer = send(CHARGES_FILE, dry_run="true")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert everything() == before
    assert list(imports_dir.iterdir()) == files
    assert [error.pop("detail") for error in body["errors"]]
    assert body == {
        "dry_run": True,
        "kind": "charges",
        "format": "csv",
        "separator": ",",
        "columns": ["charge_id", "subscriber_id", "amount", "currency", "kind", "occurred_at"],
        "is_whole": True,
        "rows_read": 4,
        "accepted": 1,
        "replayed": 1,
        "stale": 0,
        "rejected": 2,
        "errors": [
            {"line": 3, "id": "c2", "code": "unknown_subscriber", "pointer": ""},
            {"line": 4, "id": "c3", "code": "zero", "pointer": "/amount"},
        ],
        "stale_rows": [],
    }
    # The id is still free.
    assert send(CHARGES_FILE, dry_run="false").status_code == 202


@pytest.mark.parametrize(
    ("content", "fields", "status", "code"),
    [
        (b"note," + CHARGES_FILE, {}, 422, "header_invalid"),
        (b"\n", {}, 422, "file_empty"),
        (CHARGES_FILE, {"reported_at": "2026-01-01T00:00:00Z"}, 422, "no_reports"),
        (CHARGES_FILE, {"dry_run": "yes"}, 400, "invalid"),
    ],
)
def test_what_an_import_would_refuse_is_refused(
    send: Callable[..., Any], content: bytes, fields: dict[str, str], status: int, code: str
) -> None:
    answer = send(content, **{"dry_run": "true", **fields})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Import.objects.exists()


def test_by_command(subscribers: list[str], path: Path) -> None:
    path.write_bytes(CHARGES_FILE)
    before = everything()
    said = _run("import_charges", path, "--dry-run")
    assert everything() == before
    assert (
        "nothing was written: 4 rows, of which 1 would be accepted, 1 are known already, 0 stale,"
        " 2 would be rejected." in said
    )
    assert "line 3 c2: unknown_subscriber" in said
    path.write_bytes(b"note," + CHARGES_FILE)
    with pytest.raises(CommandError, match="header_invalid: Unknown: note"):
        _run("import_charges", path, "--dry-run")
    workbook = path.with_suffix(".xlsx")
    workbook.write_bytes(b"PK")
    with pytest.raises(CommandError, match="CSV UTF-8"):
        _run("import_charges", workbook)


def _run(name: str, *arguments: Any) -> str:
    output = io.StringIO()
    call_command(name, *map(str, arguments), stdout=output, workers=1)
    return output.getvalue()


@pytest.fixture
def person(browser: Browser) -> Browser:
    """A browser of somebody who may send files."""
    user = User.objects.create_user("vera", password="v", is_staff=True)
    for name in ("view_import", "add_import"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    browser.force_login(user)
    browser.handler.enforce_csrf_checks = False
    return browser


def _send(person: Browser, content: bytes, name: str = "a.csv", **changes: str) -> Any:
    form = {"import_id": "by-hand", "kind": "charges", **changes}
    return person.post(ADD, {**form, "file": SimpleUploadedFile(name, content)})


def test_in_the_admin(person: Browser, subscribers: list[str]) -> None:
    before = everything()
    page = _send(person, CHARGES_FILE, _try="1")
    assert page.status_code == 200
    text = page.content.decode()
    assert everything() == before
    for told in ("Nothing was written", "unknown_subscriber", "zero", "comma", "charge_id, sub"):
        assert told in text
    # What is wrong with the file or the form stays with the form.
    page = _send(person, b"note," + CHARGES_FILE, _try="1")
    assert "Unknown: note." in page.content.decode()
    page = _send(person, CHARGES_FILE, name="a.xlsx", _try="1")
    assert "save the sheet as CSV UTF-8" in page.content.decode()
    assert everything() == before


def test_only_those_who_may_send_files_may_try_them(person: Browser) -> None:
    User.objects.get(username="vera").user_permissions.remove(
        Permission.objects.get(codename="add_import")
    )
    assert _send(person, CHARGES_FILE, _try="1").status_code == 403
    assert person.get("/admin/imports/import/sample/charges.csv").status_code == 403


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_names_every_column_and_offers_samples(person: Browser, language: str) -> None:
    asked = {"headers": {"accept-language": language}}
    page = person.get(ADD, **asked).content.decode()  # type: ignore[arg-type]
    for kind in KINDS:
        assert f"/admin/imports/import/sample/{kind}.csv" in page
        for name in row_kind(kind).columns:
            assert f"<code>{name}</code>" in page
    assert person.get("/admin/imports/import/sample/gifts.csv").status_code == 404
    sample = person.get("/admin/imports/import/sample/charges.csv", **asked)  # type: ignore[arg-type]
    assert sample["Content-Type"] == "text/csv; charset=utf-8"
    assert sample.content.startswith(
        b"\xef\xbb\xbfcharge_id" + (b";" if language == "ru" else b",")
    )


def test_every_column_is_told() -> None:
    for kind in KINDS:
        assert WORDINGS[kind].keys() <= row_kind(kind).columns.keys()
        assert [each.name for each in columns_shown(kind) if each.meaning == "–"] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_samples_can_be_imported_as_they_are(language: str, path: Path) -> None:
    from django.utils import translation

    for kind in KINDS:
        with translation.override(language):
            path.write_bytes(sample_of(kind))
        tried = try_import(kind=kind, form=CSV, path=path, by="test", clock=lambda: NOW)
        assert tried.rows_read == 2
        expected = ["unknown_subscriber"] * 2 if kind == CHARGES else []
        assert [row.fault.code for row in tried.rejected_rows] == expected


def test_a_file_of_ndjson_is_tried_likewise(send: Callable[..., Any], receive: Receive) -> None:
    import_subscribers(receive, ["s1"])
    answer = send(ndjson_of([charge(1, "s1")]), name="a.ndjson", dry_run="true")
    body = answer.json()
    assert (body["separator"], body["columns"], body["accepted"]) == (None, [], 1)
