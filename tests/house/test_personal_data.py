"""Raw personal values go through every door, and are found nowhere: tables, queue, files, logs."""

import base64
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from kombu.transport import memory
from psycopg import sql

from accounts.models import Subscriber
from imports.models import Import
from imports.operations import read_shard
from loyalty.operations.screen_payouts import screen_payouts
from tests.journeys.conftest import Billing, subscriber_body

pytestmark = pytest.mark.django_db

# Each has no second meaning: wherever it is found, it is the person's.
MARKS = {
    "name": "Зорина Марфа Игнатьевна",
    "msisdn": "+79167654321",
    "email": "Marfa.Zorina@example.org",
    "passport": "4599 717273",
    "card": "tok_5f8e7d6c5b4a",
    "device": "device-of-marfa-51423",
    "ip": "203.0.113.77",
    "address": "Тверь, Медовая улица, 17, кв. 99",
    "birth_date": "1987-06-05",
}
# What else these values are written as.
OTHER_FORMS = ("9167654321", "916 765-43-21", "4599717273", "05.06.1987", "Марфа", "Медовая")
NOW = datetime.now(UTC)


def needles() -> Iterator[tuple[str, str]]:
    """A mark and a text that would give it away: as it is, hexadecimal, base64, hashed."""
    for value in (*MARKS.values(), *OTHER_FORMS):
        for form in {value, value.casefold(), value.removeprefix("+")}:
            raw = form.encode()
            yield value, form
            yield value, raw.hex()
            yield value, orjson_escaped(form)
            yield value, sha256(raw).hexdigest()
            yield value, sha256(raw).digest().hex()[:32]
            # Base64 of the same bytes looks otherwise at each of three distances from a start;
            # what the neighbours have a share in is left out.
            for before in range(3):
                text = base64.b64encode(b"\0" * before + raw).decode()
                yield value, text[4 if before else 0 : len(text) // 4 * 4 - 4]


def orjson_escaped(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


NEEDLES = {(value, text) for value, text in needles() if len(text) >= 6}


def found_in(haystack: str) -> set[str]:
    lowered = haystack.lower()
    return {value for value, text in NEEDLES if text.lower() in lowered}


def whole_database() -> str:
    """Every table of every schema that is not PostgreSQL's own, as a dump writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = cursor.fetchall()
        parts = []
        for schema, table in tables:
            copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
            with cursor.copy(copy) as rows:
                parts += [f"-- {schema}.{table}\n", *(bytes(row).decode() for row in rows)]
        return "".join(parts)


def whole_queue() -> str:
    """Every message that went to the broker, its body decoded."""
    messages = [each for queue in memory.Channel.queues.values() for each in queue.queue]
    bodies = [base64.b64decode(message["body"]).decode() for message in messages]
    return "\n".join([*bodies, *map(str, messages)])


def marked_body(**changes: Any) -> dict[str, Any]:
    kinds = ("passport", "card", "device", "ip", "email", "address")
    return {
        **subscriber_body(),
        "msisdn": MARKS["msisdn"],
        "name": MARKS["name"],
        "birth_date": MARKS["birth_date"],
        "identifiers": [{"kind": kind, "value": MARKS[kind]} for kind in kinds],
        **changes,
    }


@pytest.fixture
def billing(browser: Browser, bearer: Callable[..., str]) -> Billing:
    return Billing(browser, bearer())


@pytest.fixture
def officer(db: None) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("officer", password="p"))
    return browser


def over_the_api(billing: Billing) -> str:
    """Marks in every call that takes any; what the faulty ones are answered with."""
    said = marked_body(activated_at=(NOW - timedelta(days=40)).isoformat())
    assert billing.put("/subscribers/marfa", said).status_code == 201
    assert billing.put("/subscribers/marfa", {**said, "plan": "Other"}).status_code == 200
    inviter = billing.subscriber()
    charge = {
        "charge_id": "ch-1", "subscriber_id": "marfa", "amount": "9000.00", "currency": "RUB",
        "kind": "service", "occurred_at": (NOW - timedelta(days=3)).isoformat(),
    }  # fmt: skip
    assert billing.post("/charges", charge).status_code == 201
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    seen = {"device": MARKS["device"], "ip": MARKS["ip"]}
    joined = {"referral_id": "r-1", "referral_code": code, "invitee_id": "marfa", **seen}
    joined["occurred_at"] = (NOW - timedelta(days=39)).isoformat()
    assert billing.post("/referrals", joined).status_code == 201
    redemption = {
        "redemption_id": "red-1", "subscriber_id": "marfa", "points": 500,
        "reward": "bill_credit", "payment_instrument": MARKS["card"], **seen,
    }  # fmt: skip
    assert billing.post("/redemptions", redemption).status_code == 201
    screen_payouts(now=NOW)
    faulty = [
        marked_body(msisdn=MARKS["msisdn"] + "0" * 12),
        marked_body(birth_date="05.06.1987"),
        marked_body(identifiers=[{"kind": "ip", "value": MARKS["address"]}]),
        marked_body(identifiers=[{"kind": MARKS["card"], "value": "x"}]),
        marked_body(status=MARKS["name"]),
        marked_body(closed_at=NOW.isoformat()),
        marked_body(name={"last": MARKS["name"]}),
    ]
    answers = [billing.put("/subscribers/faulty", body) for body in faulty]
    answers.append(billing.post("/charges", {**charge, "amount": MARKS["msisdn"]}))
    answers.append(billing.post("/redemptions", {**redemption, "redemption_id": "red-2",
                                                 "points": MARKS["card"]}))  # fmt: skip
    assert {answer.status_code for answer in answers} == {400, 422}
    answers.append(billing.get("/subscribers/marfa/wallet"))
    return "\n".join(answer.content.decode() for answer in answers)


def by_file(billing: Billing, browser: Browser, bearer: Callable[..., str]) -> str:
    """Marks in good and bad rows of an import that is worked off; its errors."""
    rows = [
        {"subscriber_id": "from-a-file", **marked_body()},
        {"subscriber_id": "bad", **marked_body(msisdn=MARKS["name"])},
        {"subscriber_id": "worse", **marked_body(birth_date=MARKS["passport"])},
    ]
    content = b"\n".join(map(orjson.dumps, rows)) + b"\n" + MARKS["name"].encode() + b"\n"
    file = SimpleUploadedFile("rows.ndjson", content, "application/octet-stream")
    form = {"import_id": "marked", "kind": "subscribers", "format": "ndjson", "file": file}
    answer = browser.generic(
        "POST",
        "/api/v1/imports",
        encode_multipart(BOUNDARY, form),
        content_type=MULTIPART_CONTENT,
        headers={"authorization": bearer()},
    )
    assert answer.status_code == 202, answer.content
    imported = Import.objects.get()
    for shard in imported.shards.order_by("number"):
        read_shard(shard_id=shard.pk, worker=uuid4().hex, clock=lambda: NOW)
    imported.refresh_from_db()
    assert imported.status == "finished"
    assert imported.row_errors.count() == 3
    return text_of(billing.get("/imports/marked/errors"))


def text_of(answer: Any) -> str:
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode()


def in_the_admin(officer: Browser) -> str:
    """Marks typed into forms, and looked at for a reason; what pages show without one."""
    listed = reverse("admin:accounts_subscriber_changelist")
    subscriber = Subscriber.objects.get(external_id="marfa")
    page = reverse("admin:accounts_subscriber_change", args=[subscriber.pk])
    shown = [
        officer.post(listed, {"q": MARKS["msisdn"]}, follow=True),
        officer.get(page),
        officer.get(reverse("admin:fraud_block_export")),
    ]
    look = reverse("admin:accounts_look", args=[subscriber.pk, "personal"])
    revealed = officer.post(look, {"reason": "A call."})
    assert MARKS["name"] in revealed.content.decode()
    assert "no-store" in revealed["Cache-Control"]
    officer.post(reverse("admin:accounts_look", args=[subscriber.pk, "unmask"]), {"reason": "x"})
    officer.post(reverse("admin:accounts_look", args=[subscriber.pk, "export"]), {"reason": "x"})
    officer.post(
        reverse("admin:fraud_block"),
        {"kind": "passport", "value": MARKS["passport"], "reason": "Stolen."},
    )
    shown.append(officer.get(reverse("admin:fraud_blockedidentifier_changelist")))
    shown.append(officer.get(page))
    return "\n".join(map(text_of, shown))


def test_no_raw_value_is_anywhere(
    billing: Billing,
    browser: Browser,
    bearer: Callable[..., str],
    officer: Browser,
    settings: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.IMPORTS_DIR = str(tmp_path / "imports")
    memory.Channel.queues.clear()
    with caplog.at_level(logging.DEBUG), django_capture_on_commit_callbacks(execute=True):
        answered = over_the_api(billing)
        errors = by_file(billing, browser, bearer)
        pages = in_the_admin(officer)
    call_command("rotate_vault_keys", data_keys=True)
    call_command("relay_news")

    dump, queue = whole_database(), whole_queue()
    # The search itself works, and what was searched is not empty.
    assert found_in(f"… {MARKS['card'].encode().hex()} …") == {MARKS["card"]}
    for table in ("accounts_personaldata", "django_session", "imports_rowerror", "outbox_event"):
        assert f"-- public.{table}\n" in dump
    assert "marfa" in dump
    assert "event_ids" in queue
    written = capfd.readouterr()
    places = {
        "the database": dump,
        "the broker": queue,
        "the logs": caplog.text + written.out + written.err,
        "answers of the API": answered,
        "errors of an import": errors,
        "pages": pages,
        "files": "".join(
            path.read_bytes().decode(errors="replace")
            for path in tmp_path.rglob("*")
            if path.is_file()
        ),
    }
    assert {place: found_in(text) for place, text in places.items() if found_in(text)} == {}


def test_erasing_leaves_nothing_that_led_to_the_person(billing: Billing) -> None:
    assert billing.put("/subscribers/marfa-z", marked_body()).status_code == 201
    hints = [each["hint"] for each in billing.get("/subscribers/marfa-z").json()["identifiers"]]
    said = {"basis": "Request 7", "by": "officer", "force": "She asked for it at once."}
    call_command("erase_subscriber", "marfa-z", **said)
    dump = whole_database()
    assert "marfa-z" not in dump
    assert [hint for hint in hints if hint in dump] == []
    refused = billing.put("/subscribers/marfa-z", marked_body())
    assert (refused.status_code, refused.json()["code"]) == (422, "subscriber_erased")
