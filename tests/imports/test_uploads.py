"""A file comes over HTTP: kept and told, or refused and gone."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from imports.models import Import
from tests.imports.conftest import CHARGE_HEADER, Receive, charge, csv_of, ndjson_of, read_all

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
GOOD = csv_of([charge(1, "s1")])


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    return body


def test_a_good_file_is_taken_in(send: Send, imports_dir: Path) -> None:
    answer = send(GOOD)
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert body | {"created_at": None} == {
        "import_id": "i1",
        "kind": "charges",
        "format": "csv",
        "status": "waiting",
        "bytes": len(GOOD),
        "reported_at": None,
        "progress": {
            "rows_read": 0,
            "accepted": 0,
            "replayed": 0,
            "stale": 0,
            "rejected": 0,
            "share": 0.0,
        },
        "errors": {"count": 0, "href": "/api/v1/imports/i1/errors"},
        "stale": {"count": 0, "href": "/api/v1/imports/i1/stale"},
        "failure": None,
        "created_at": None,
        "started_at": None,
        "finished_at": None,
    }
    [kept] = imports_dir.iterdir()
    assert kept.read_bytes() == GOOD
    imported = Import.objects.get()
    assert (imported.file, imported.created_by) == (kept.name, "client:billing")


def test_the_same_again_is_a_replay(send: Send, imports_dir: Path) -> None:
    send(GOOD)
    answer = send(GOOD, name="other.name", format="csv")
    assert (answer.status_code, answer["Idempotent-Replayed"]) == (200, "true")
    assert Import.objects.count() == 1
    assert len(list(imports_dir.iterdir())) == 1


@pytest.mark.parametrize("other", [{"content": b"{}\n{}\n"}, {"kind": "subscribers"}])
def test_other_content_under_the_same_id_is_refused(
    send: Send, imports_dir: Path, other: dict[str, Any]
) -> None:
    sent = {"content": b"{}\n", "name": "rows.ndjson"}
    assert send(**sent).status_code == 202
    refused(send(**sent | other), 422, "id_reused")
    assert [path.read_bytes() for path in imports_dir.iterdir()] == [b"{}\n"]


FAULTY: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no file": ({"content": None}, [("/file", "required")]),
    "no id": ({"import_id": None}, [("/import_id", "required")]),
    "no kind": ({"kind": None}, [("/kind", "required")]),
    "an empty file": ({"content": b""}, [("/file", "empty")]),
    "an unknown kind": ({"kind": "usage"}, [("/kind", "not_a_choice")]),
    "an unknown format": ({"format": "xlsx"}, [("/format", "not_a_choice")]),
    "no format to be seen": ({"name": "rows.bin"}, [("/format", "required")]),
    "an unknown field": ({"note": "x"}, [("/note", "unknown")]),
    "an id too long": ({"import_id": "x" * 65}, [("/import_id", "too_long")]),
    "an id with NUL": ({"import_id": "a\x00b"}, [("/import_id", "bad_characters")]),
    "a field twice": ({"kind": ["charges", "charges"]}, [("/kind", "repeated")]),
    "text for the file": ({"content": None, "file": "a,b"}, [("/file", "not_a_file")]),
    "another file": (
        {"files": {"other": SimpleUploadedFile("a.csv", GOOD)}},
        [("/other", "unknown")],
    ),
    "two files": (
        {
            "content": None,
            "files": {"file": [SimpleUploadedFile("a.csv", GOOD), SimpleUploadedFile("b", GOOD)]},
        },
        [("/file", "repeated")],
    ),
    "a file for the id": (
        {"import_id": None, "files": {"import_id": SimpleUploadedFile("a", b"x")}},
        [("/import_id", "unknown"), ("/import_id", "required")],
    ),
}


@pytest.mark.parametrize(("sent", "faults"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_form_is_refused_and_nothing_kept(
    send: Send, imports_dir: Path, sent: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    body = refused(send(**{"content": GOOD, **sent}), 400, "invalid")
    assert [(fault["pointer"], fault["code"]) for fault in body["errors"]] == faults
    nothing_kept(imports_dir)


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "blank lines only": (b"\n \n\r\n", "file_empty"),
    "a byte order mark only": (b"\xef\xbb\xbf", "file_empty"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "file_unreadable"),
    "zip": (b"PK\x03\x04rest", "file_unreadable"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "file_unreadable"),
    "UTF-16 without a mark": (GOOD.decode().encode("utf-16-le"), "file_unreadable"),
    "binary": (bytes(range(256)), "file_unreadable"),
    "Latin-1": ("subscriber_idé,plan".encode("latin-1"), "file_unreadable"),
    "NDJSON called CSV": (ndjson_of([charge(1, "s1")]), "header_invalid"),
    "no header": (GOOD.split(b"\n", 1)[1], "header_invalid"),
    "an unknown column": (b"note," + GOOD, "header_invalid"),
    "a missing column": (b"charge_id,amount\n", "header_invalid"),
    "a column twice": (b"amount," + GOOD, "header_invalid"),
    "bars": (GOOD.replace(b",", b"|"), "header_invalid"),
    "an open quote": (b'"' + GOOD, "header_invalid"),
    "one endless line": (b"x" * 1_000_000, "file_unreadable"),
    "carriage returns for lines": (GOOD.replace(b"\n", b"\r"), "header_invalid"),
}


@pytest.mark.parametrize(("content", "code"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cant_be_read_is_refused_and_nothing_kept(
    send: Send, imports_dir: Path, content: bytes, code: str
) -> None:
    refused(send(content), 422, code)
    nothing_kept(imports_dir)


@pytest.mark.parametrize("content", [GOOD, b"[{}]", b"12\n", b"\xff\xfe{\x00", b"{]\n"])
def test_another_thing_called_ndjson_is_refused(
    send: Send, imports_dir: Path, content: bytes
) -> None:
    refused(send(content, name="rows.ndjson"), 422, "file_unreadable")
    nothing_kept(imports_dir)


def test_a_header_without_names_isnt_repeated(send: Send) -> None:
    body = refused(send(b"4509 123456,amount\nx,y\n"), 422, "header_invalid")
    assert "4509" not in str(body)
    assert body["unknown"] == ["(number 1)"]


def test_a_byte_order_mark_is_passed_over(send: Send) -> None:
    assert send(b"\xef\xbb\xbf" + GOOD).status_code == 202


@pytest.mark.parametrize(
    ("name", "media_type", "form"),
    [
        ("a.NDJSON", "text/csv", "ndjson"),
        ("a.jsonl", "", "ndjson"),
        ("a", "application/x-ndjson", "ndjson"),
        ("a", "text/csv; charset=utf-8", "csv"),
    ],
)
def test_the_format_is_what_name_or_type_say(
    send: Send, name: str, media_type: str, form: str
) -> None:
    content = GOOD if form == "csv" else ndjson_of([charge(1, "s1")])
    assert send(content, name=name, media_type=media_type).json()["format"] == form


def test_who_may_not_is_told_before_the_body_is_read(
    browser: Browser, bearer: Callable[..., str], imports_dir: Path
) -> None:
    def attempt(token: str | None) -> Any:
        headers = {"authorization": token} if token else {}
        return browser.generic(
            "POST",
            "/api/v1/imports",
            b"no form at all",
            content_type="multipart/form-data; boundary=x",
            headers=headers,
        )

    refused(attempt(None), 401, "not_authenticated")
    refused(attempt("Bearer x"), 401, "invalid_token")
    refused(attempt(bearer("imports:read")), 403, "insufficient_scope")
    refused(attempt(bearer("imports:write")), 400, "malformed_request")
    nothing_kept(imports_dir)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("text/csv", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=" + "x" * 300, 400),
        ("multipart/mixed; boundary=x", 415),
    ],
)
def test_another_body_is_refused(
    browser: Browser,
    bearer: Callable[..., str],
    imports_dir: Path,
    content_type: str,
    status: int,
) -> None:
    answer = browser.generic(
        "POST",
        "/api/v1/imports",
        GOOD,
        content_type=content_type,
        headers={"authorization": bearer()},
    )
    assert answer.status_code == status
    nothing_kept(imports_dir)


def test_half_a_body_is_refused(
    browser: Browser, bearer: Callable[..., str], imports_dir: Path
) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="import_id"\r\n\r\ni1\r\n'
        b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\ncharges\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + GOOD
    )
    for announced, code in ((len(form) + 1000, "body_broken"), (len(form), "malformed_request")):
        environ: Any = {"CONTENT_LENGTH": str(announced), "wsgi.input": io.BytesIO(form)}
        answer = browser.generic(
            "POST",
            "/api/v1/imports",
            form,
            content_type="multipart/form-data; boundary=x",
            headers={"authorization": bearer()},
            **environ,
        )
        refused(answer, 400, code)
    nothing_kept(imports_dir)


def nothing_kept(imports_dir: Path) -> None:
    assert not Import.objects.exists()
    assert not imports_dir.exists() or list(imports_dir.iterdir()) == []


def test_progress_and_errors_are_told(
    send: Send, browser: Browser, bearer: Callable[..., str], subscribers: list[str]
) -> None:
    rows = [charge(1, "s1"), charge(2, "nobody"), charge(3, "s2", amount="0"), charge(1, "s1")]
    assert send(csv_of(rows)).status_code == 202
    read_all(Import.objects.get(import_id="i1"))
    token = {"authorization": bearer("imports:read")}

    body = browser.get("/api/v1/imports/i1", headers=token).json()
    assert body["status"] == "finished"
    assert body["progress"] == {
        "rows_read": 4,
        "accepted": 1,
        "replayed": 1,
        "stale": 0,
        "rejected": 2,
        "share": 1.0,
    }
    assert body["errors"] == {"count": 2, "href": "/api/v1/imports/i1/errors"}

    answer = browser.get(body["errors"]["href"], headers=token)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert b"".join(answer).decode().splitlines() == [
        "line,id,code,pointer,detail",
        "3,c2,unknown_subscriber,,Billing has not reported this subscriber yet.",
        "4,c3,zero,/amount,/amount: An amount must be more than zero.",
    ]

    path = "/api/v1/imports/i1/errors?limit=1"
    page = browser.get(path, headers={**token, "accept": "application/json"}).json()
    assert ([error["line"] for error in page["data"]], page["next"]) == ([3], 3)
    page = browser.get(f"{path}&after=3", headers={**token, "accept": "application/json"}).json()
    assert ([error["line"] for error in page["data"]], page["next"]) == ([4], None)


def test_the_list_is_filtered_and_paged(
    receive: Receive, browser: Browser, bearer: Callable[..., str]
) -> None:
    for number in range(3):
        receive(GOOD, import_id=f"c{number}")
    read_all(receive(f"{CHARGE_HEADER}\n".encode(), import_id="done"))
    token = {"authorization": bearer("imports:read")}

    def ids(query: str) -> tuple[list[str], int | None]:
        page = browser.get(f"/api/v1/imports{query}", headers=token).json()
        return [each["import_id"] for each in page["data"]], page["next"]

    assert ids("") == (["done", "c2", "c1", "c0"], None)
    first, following = ids("?limit=2")
    assert first == ["done", "c2"]
    assert ids(f"?limit=2&after={following}") == (["c1", "c0"], None)
    assert ids("?status=finished&kind=charges") == (["done"], None)
    assert ids("?kind=subscribers") == ([], None)
    refused(browser.get("/api/v1/imports?kind=x", headers=token), 400, "invalid")
    refused(browser.get("/api/v1/imports?colour=x", headers=token), 400, "invalid")


@pytest.mark.parametrize("path", ["imports/none", "imports/none/errors"])
def test_an_unknown_import_is_404(browser: Browser, bearer: Callable[..., str], path: str) -> None:
    answer = browser.get(f"/api/v1/{path}", headers={"authorization": bearer()})
    refused(answer, 404, "unknown_import")
