"""Rows that are older than what is known: they change nothing, and are counted apart."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from prometheus_client import REGISTRY

from accounts.models import IdentifierUse, Subscriber
from imports.models import Import, RowError
from imports.policy import batches
from kernel.refusals import IdReused
from outbox.models import Event
from tests.imports.conftest import (
    NOW,
    Receive,
    charge,
    counts,
    csv_of,
    errors,
    ndjson_of,
    read_all,
    subscriber_row,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
COLUMNS = "subscriber_id,msisdn,status,activated_at,plan,region,reported_at"


def at(moment: datetime) -> str:
    return moment.isoformat()


def file_of(form: str, *rows: dict[str, Any]) -> bytes:
    return csv_of(rows, COLUMNS) if form == "csv" else ndjson_of(rows)


def plan(name: str = "ann") -> str:
    return str(Subscriber.objects.values_list("plan", flat=True).get(external_id=name))


def stale(imported: Import) -> int:
    return sum(imported.shards.values_list("stale", flat=True))


@pytest.fixture
def known(receive: Receive) -> Import:
    """A subscriber of `NOW`."""
    row = subscriber_row("ann", plan="newer", reported_at=at(NOW))
    return read_all(receive(ndjson_of([row]), kind="subscribers", form="ndjson"))


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_stale_row_is_neither_accepted_nor_rejected(
    form: str, receive: Receive, known: Import
) -> None:
    rows = [
        subscriber_row("ann", plan="older", reported_at=at(NOW - HOUR)),
        subscriber_row("bob", reported_at=at(NOW - HOUR)),
        subscriber_row("eve", status="asleep", reported_at=at(NOW - HOUR)),
    ]
    imported = read_all(receive(file_of(form, *rows), kind="subscribers", form=form))
    assert counts(imported) == (3, 1, 0, 1)
    assert stale(imported) == 1
    assert plan() == "newer"
    line = 2 if form == "csv" else 1
    assert errors(imported) == [(line, "ann", "stale_report"), (line + 2, "eve", "not_a_choice")]
    ended = Event.objects.filter(name="import.finished").latest("id")
    assert ended.items == [
        {
            "import_id": imported.import_id,
            "kind": "subscribers",
            "rows_read": 3,
            "accepted": 1,
            "replayed": 0,
            "stale": 1,
            "rejected": 1,
        }
    ]


def test_rows_are_counted_by_outcome(
    receive: Receive, known: Import, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def rows(outcome: str) -> float:
        labels = {"kind": "subscribers", "outcome": outcome}
        return REGISTRY.get_sample_value("tenure_import_rows_total", labels) or 0

    outcomes = ("accepted", "replayed", "stale", "rejected")
    before = [rows(outcome) for outcome in outcomes]
    older = at(NOW - HOUR)
    sent = [
        subscriber_row("ann", reported_at=older),
        subscriber_row("bob", reported_at=older),
        subscriber_row("eve", reported_at=older),
        subscriber_row("eve", status="asleep"),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        read_all(receive(ndjson_of(sent), kind="subscribers", form="ndjson"))
    after = [rows(outcome) for outcome in outcomes]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 0, 1, 1]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("rows_a_batch", [1, 2, 5000])
def test_rows_of_one_subscriber_in_any_order_end_with_the_newest(
    rows_a_batch: int, form: str, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", rows_a_batch)
    for place, order in enumerate(permutations(range(3))):
        name = f"s{place}"
        rows = [
            subscriber_row(name, plan=f"p{n}", reported_at=at(NOW - (3 - n) * HOUR)) for n in order
        ]
        imported = read_all(receive(file_of(form, *rows), kind="subscribers", form=form))
        assert plan(name) == "p2"
        read, accepted, replayed, rejected = counts(imported)
        assert (read, replayed, rejected) == (3, 0, 0)
        assert accepted + stale(imported) == 3


def test_a_file_says_when_it_was_made(receive: Receive, known: Import) -> None:
    rows = [
        subscriber_row("ann", plan="of last night"),
        subscriber_row("bob", reported_at=at(NOW - HOUR)),
    ]
    imported = read_all(
        receive(ndjson_of(rows), kind="subscribers", form="ndjson", reported_at=NOW - 10 * HOUR),
        now=NOW + HOUR,
    )
    assert (stale(imported), plan()) == (1, "newer")
    bob = Subscriber.objects.get(external_id="bob")
    assert bob.reported_at == NOW - HOUR, "a row's own moment counts first"


def test_a_file_is_as_of_when_it_came_and_not_of_when_it_is_read(receive: Receive) -> None:
    row = subscriber_row("ann", plan="of the file")
    waiting = receive(ndjson_of([row]), kind="subscribers", form="ndjson")
    since = subscriber_row("ann", plan="since", reported_at=at(NOW + HOUR))
    read_all(
        receive(ndjson_of([since]), kind="subscribers", form="ndjson", now=NOW + HOUR),
        now=NOW + HOUR,
    )
    imported = read_all(waiting, now=NOW + 2 * HOUR)
    assert (stale(imported), plan()) == (1, "since")


def test_an_id_stands_for_a_file_of_one_moment(receive: Receive) -> None:
    content = ndjson_of([subscriber_row("ann")])
    said = {"kind": "subscribers", "form": "ndjson", "import_id": "nightly"}
    receive(content, **said, reported_at=NOW - HOUR)
    receive(content, **said, reported_at=NOW - HOUR)
    with pytest.raises(IdReused):
        receive(content, **said, reported_at=NOW)
    with pytest.raises(IdReused):
        receive(content, **said)
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "reported_at", "status", "code"),
    [
        ("subscribers", "2026-03-17T09:00:00+03:00", 202, None),
        ("subscribers", "2126-03-17T09:00:00+03:00", 422, "reported_in_the_future"),
        ("charges", "2026-03-17T09:00:00+03:00", 422, "no_reports"),
        ("subscribers", "2026-03-17 09:00", 400, "invalid"),
        ("subscribers", "2026-03-17T09:00:00", 400, "invalid"),
    ],
)
def test_the_moment_of_a_file_is_read_strictly(
    send: Callable[..., Any], kind: str, reported_at: str, status: int, code: str | None
) -> None:
    row = subscriber_row("ann") if kind == "subscribers" else charge(1, "ann")
    answer = send(ndjson_of([row]), name="a.ndjson", kind=kind, reported_at=reported_at)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert Import.objects.exists() is (status == 202)
    if status == 202:
        assert answer.json()["reported_at"] == "2026-03-17T06:00:00Z"


def test_stale_rows_are_told_and_listed_apart(
    receive: Receive, known: Import, browser: Browser, bearer: Callable[..., str]
) -> None:
    rows = [
        subscriber_row("ann", reported_at=at(NOW - HOUR)),
        subscriber_row("eve", status="asleep"),
    ]
    read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson", import_id="i1"), now=NOW)
    token = {"authorization": bearer("imports:read")}
    body = browser.get("/api/v1/imports/i1", headers=token).json()
    assert (body["progress"]["stale"], body["progress"]["rejected"]) == (1, 1)
    assert body["errors"] == {"count": 1, "href": "/api/v1/imports/i1/errors"}
    assert body["stale"] == {"count": 1, "href": "/api/v1/imports/i1/stale"}
    listed = b"".join(browser.get(body["stale"]["href"], headers=token)).decode().splitlines()
    assert listed[1:] == [
        f"1,ann,stale_report,,The newest report is of {at(NOW).replace('+00:00', 'Z')}."
    ]
    [error] = b"".join(browser.get(body["errors"]["href"], headers=token)).decode().splitlines()[1:]
    assert error.startswith("2,eve,not_a_choice")
    asked = {**token, "accept": "application/json"}
    page = browser.get(body["stale"]["href"], headers=asked).json()
    assert [row["id"] for row in page["data"]] == ["ann"]
    page = browser.get(body["errors"]["href"], headers=asked).json()
    assert [row["id"] for row in page["data"]] == ["eve"]


def test_the_admin_takes_the_moment_and_shows_what_was_stale(
    receive: Receive, known: Import, browser: Browser, imports_dir: Path
) -> None:
    browser.force_login(User.objects.create_superuser("root", password="r"))
    browser.handler.enforce_csrf_checks = False
    content = ndjson_of([subscriber_row("ann", plan="older")])

    def send(reported_at: str, kind: str = "subscribers") -> Any:
        form = {"import_id": "i1", "kind": kind, "reported_at": reported_at}
        form["file"] = SimpleUploadedFile("a.ndjson", content)  # type: ignore[assignment]
        return browser.post("/admin/imports/import/add/", form)

    page = send("2126-03-17T09:00")
    assert "A report can&#x27;t be made in the future." in page.content.decode()
    page = send("2026-03-16T22:00", kind="charges")
    assert "reported_at goes with files of subscribers only." in page.content.decode()
    assert send("2026-03-16T22:00").status_code == 302
    imported = read_all(Import.objects.get(import_id="i1"))
    # Ten in the evening in Moscow, where the program is.
    assert imported.reported_at == datetime.fromisoformat("2026-03-16T22:00:00+03:00")
    page = browser.get(f"/admin/imports/import/{imported.pk}/change/").content.decode()
    address = f"/admin/imports/import/{imported.pk}/stale.csv"
    assert address in page
    assert b"ann,stale_report" in b"".join(browser.get(address))


def test_a_command_takes_the_moment_and_says_what_was_stale(known: Import, tmp_path: Path) -> None:
    path = tmp_path / "subscribers.ndjson"
    path.write_bytes(ndjson_of([subscriber_row("ann", plan="older"), subscriber_row("bob")]))
    said = _run("import_subscribers", path, "--reported-at", at(NOW - HOUR))
    assert "2 rows, of which 1 accepted, 0 known already, 1 stale, 0 rejected" in said
    assert "/stale" in said
    assert plan() == "newer"
    # The same file of another moment is another import.
    said = _run("import_subscribers", path, "--reported-at", at(NOW - 2 * HOUR))
    assert "0 accepted, 0 known already, 2 stale" in said
    assert "0 now" in _run("import_subscribers", path, "--reported-at", at(NOW - 2 * HOUR))
    with pytest.raises(CommandError, match="no_reports"):
        _run("import_charges", path, "--reported-at", at(NOW))
    with pytest.raises(CommandError, match="offset"):
        _run("import_subscribers", path, "--reported-at", "2026-03-17T09:00:00")
    assert RowError.objects.filter(code="stale_report").count() == 3


def _run(name: str, *arguments: Any) -> str:
    output = io.StringIO()
    call_command(name, *map(str, arguments), stdout=output, workers=1)
    return output.getvalue()


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_row_says_until_when_an_identifier_was_had(form: str, receive: Receive) -> None:
    header = "subscriber_id,msisdn,status,activated_at,plan,region"
    header += ",identifiers.device,identifiers.device_until"
    until = NOW - 3 * HOUR
    bad = NOW + 72 * HOUR
    rows = []
    for name, ends in (("ann", until), ("bob", None), ("eve", bad)):
        row = subscriber_row(name)
        if form == "csv":
            row["identifiers.device"] = "handset"
            row["identifiers.device_until"] = at(ends) if ends else ""
        else:
            said = {"kind": "device", "value": "handset", "until": at(ends) if ends else None}
            row["identifiers"] = [said]
        rows.append(row)
    content = csv_of(rows, header) if form == "csv" else ndjson_of(rows)
    imported = read_all(receive(content, kind="subscribers", form=form))
    assert [fault[1:] for fault in errors(imported)] == [("eve", "identifier_ends_in_the_future")]
    uses = IdentifierUse.objects.filter(identifier__kind="device")
    found = dict(uses.values_list("subscriber__external_id", "ended_at"))
    assert found == {"ann": until, "bob": None}
