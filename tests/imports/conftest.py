"""Files to import, and somebody who imports them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import Subscriber
from doors.queries import actor_of
from imports.models import Import, Shard
from imports.operations import IncomingFile, read_shard, receive_import
from imports.policy import batches

NOW = datetime(2026, 3, 17, 9, 41, 7, tzinfo=UTC)
CHARGE_HEADER = "charge_id,subscriber_id,amount,currency,kind,occurred_at"
_numbers = count(1)


def charge(number: int, subscriber: str, **changes: Any) -> dict[str, Any]:
    """A charge of 100 roubles, which earns 100 points."""
    return {
        "charge_id": f"c{number}",
        "subscriber_id": subscriber,
        "amount": "100.00",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": "2026-03-01T12:00:00Z",
        **changes,
    }


def csv_of(rows: Iterable[Mapping[str, Any]], header: str = CHARGE_HEADER) -> bytes:
    names = header.split(",")
    lines = [header, *(",".join(str(row.get(name, "")) for name in names) for row in rows)]
    return "\n".join(lines).encode() + b"\n"


def ndjson_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def subscriber_row(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "subscriber_id": name,
        "msisdn": f"+7916{next(_numbers):07d}",
        "status": "active",
        "activated_at": "2024-01-15T10:00:00+03:00",
        "plan": "basic",
        "region": "Moscow",
        **changes,
    }


@pytest.fixture(autouse=True)
def imports_dir(settings: Any, tmp_path: Path) -> Path:
    directory = tmp_path / "imports"
    settings.IMPORTS_DIR = str(directory)
    return directory


Receive = Callable[..., Import]


@pytest.fixture
def receive(imports_dir: Path) -> Receive:
    """Return a function that takes bytes in as a file."""

    def take(
        content: bytes,
        *,
        kind: str = "charges",
        form: str = "csv",
        import_id: str | None = None,
        shards: int = 2,
        reported_at: datetime | None = None,
        now: datetime = NOW,
    ) -> Import:
        with IncomingFile() as incoming:
            incoming.write(content)
            return receive_import(
                import_id=import_id or uuid4().hex,
                kind=kind,
                form=form,
                stored=incoming.keep(),
                shards=shards,
                by="test",
                now=now,
                reported_at=reported_at,
                owner=actor_of("billing"),
            ).imported

    return take


def read_all(imported: Import, *, now: datetime = NOW) -> Import:
    """Read every shard of an import that isn't finished, and return it as it is then."""
    for shard in imported.shards.filter(finished_at=None).order_by("number"):
        read_shard(shard_id=shard.id, worker=uuid4().hex, clock=lambda: now)
    imported.refresh_from_db()
    return imported


def counts(imported: Import) -> tuple[int, int, int, int]:
    """Rows read, accepted, replayed, rejected."""
    shards = list(Shard.objects.filter(imported=imported))
    return (
        sum(shard.rows_read for shard in shards),
        sum(shard.accepted for shard in shards),
        sum(shard.replayed for shard in shards),
        sum(shard.rejected for shard in shards),
    )


def errors(imported: Import) -> list[tuple[int, str, str]]:
    """Line, id and code of each rejected row."""
    return list(imported.row_errors.order_by("line").values_list("line", "row_id", "code"))


def books() -> tuple[int, int, int]:
    """How many charges and entries there are, and how many points are available."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM loyalty_charge), (SELECT count(*) FROM loyalty_entry),"
            " (SELECT coalesce(sum(available), 0) FROM loyalty_wallet)"
        )
        charges, entries, points = cursor.fetchone()
        return charges, entries, int(points)


@pytest.fixture
def subscribers(receive: Receive) -> list[str]:
    """Ten subscribers, imported, of course."""
    names = [f"s{number}" for number in range(10)]
    return import_subscribers(receive, names)


def import_subscribers(receive: Receive, names: list[str]) -> list[str]:
    content = ndjson_of(subscriber_row(name) for name in names)
    imported = read_all(receive(content, kind="subscribers", form="ndjson"))
    assert Subscriber.objects.filter(external_id__in=names).count() == len(names)
    assert imported.status == "finished"
    return names


@pytest.fixture
def send(browser: Browser, bearer: Callable[..., str]) -> Callable[..., Any]:
    """Return a function that uploads a form over HTTP."""

    def post(
        content: bytes | None = None,
        *,
        name: str = "rows.csv",
        media_type: str = "application/octet-stream",
        token: str | None = None,
        files: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Any:
        form: dict[str, Any] = {"import_id": "i1", "kind": "charges", **fields}
        form = {key: value for key, value in form.items() if value is not None}
        if content is not None:
            form["file"] = SimpleUploadedFile(name, content, media_type)
        form |= files or {}
        return browser.generic(
            "POST",
            "/api/v1/imports",
            encode_multipart(BOUNDARY, form),
            content_type=MULTIPART_CONTENT,
            headers={"authorization": token or bearer()},
        )

    return post


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test: its rows are removed at the end.

    Django's own way truncates the terms too, and meets the triggers of the append-only books.
    """
    with django_db_blocker.unblock():
        yield
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                " 'public'::regnamespace AND"
                " relname ~ '^(imports|fraud|referrals|loyalty|accounts|outbox)_'"
                " AND relname NOT IN ('loyalty_termsversion', 'fraud_rulesetversion')"
            )
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        connection.close()


LATER = NOW + timedelta(hours=1)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)


def charges_of(subscribers: list[str], each: int = 3) -> list[dict[str, Any]]:
    names = subscribers * each
    return [charge(number, name) for number, name in enumerate(names, start=1)]
