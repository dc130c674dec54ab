"""A shard is read to its end and every row is told of."""

import logging
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Identifier, Subscriber
from imports.models import RowError
from outbox.models import Event
from tests.imports.conftest import (
    CHARGE_HEADER,
    NOW,
    Receive,
    books,
    charge,
    charges_of,
    counts,
    csv_of,
    errors,
    import_subscribers,
    ndjson_of,
    read_all,
    subscriber_row,
)

pytestmark = pytest.mark.django_db

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_posts_every_charge_and_counts_it(
    receive: Receive, subscribers: list[str], form: str
) -> None:
    rows = charges_of(subscribers)
    content = csv_of(rows) if form == "csv" else ndjson_of(rows)
    imported = read_all(receive(content, form=form))
    assert (imported.status, imported.started_at, imported.finished_at) == ("finished", NOW, NOW)
    assert counts(imported) == (30, 30, 0, 0)
    assert books() == (30, 30, 3000)
    assert all(shard.rows_read for shard in imported.shards.all()), "both shards had work"


def test_announces_the_end_once(receive: Receive, subscribers: list[str]) -> None:
    imported = read_all(receive(csv_of(charges_of(subscribers))))
    [event] = Event.objects.filter(name="import.finished", items__0__kind="charges")
    assert event.items == [
        {
            "import_id": imported.import_id,
            "kind": "charges",
            "rows_read": 30,
            "accepted": 30,
            "replayed": 0,
            "stale": 0,
            "rejected": 0,
        }
    ]


def test_removes_the_file_with_its_raw_values(
    receive: Receive, imports_dir: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = subscriber_row("s1", identifiers=[{"kind": "passport", "value": "4509 123456"}])
    imported = receive(ndjson_of([row]), kind="subscribers", form="ndjson")
    assert len(list(imports_dir.iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        read_all(imported)
    assert list(imports_dir.iterdir()) == []


def test_takes_subscribers_with_every_column(receive: Receive) -> None:
    header = (
        "subscriber_id,msisdn,status,status_since,activated_at,closed_at,plan,region,birth_date,"
        "contract.months,contract.ends_on,verified.phone,verified.identity,"
        "identifiers.passport,identifiers.card,identifiers.ip"
    )
    row = (
        "s1,89161234567,active,,2024-01-15T10:00:00+03:00,,basic,Moscow,1990-02-28,"
        "12,2025-01-15,true,false,4509 123456,tok_1,10.0.0.1"
    )
    content = f"{header}\n{row}\n".encode()
    imported = read_all(receive(content, kind="subscribers"))
    assert (counts(imported), errors(imported)) == ((1, 1, 0, 0), [])
    again = read_all(receive(content, kind="subscribers"))
    assert counts(again) == (1, 0, 1, 0)


def test_the_later_report_of_a_subscriber_counts(receive: Receive) -> None:
    rows = [subscriber_row("s1", plan=f"plan {number}") for number in range(20)]
    read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson", shards=3))
    assert Subscriber.objects.get(external_id="s1").plan == "plan 19"


def test_a_bad_row_is_told_and_spares_the_others(
    receive: Receive, subscribers: list[str], small_batches: None
) -> None:
    rows = [
        charge(1, "s1"),
        charge(2, "nobody"),
        charge(3, "s1", amount="1.001"),
        charge(4, "s1", kind="gift"),
        charge(5, "s1", occurred_at="2031-01-01T00:00:00Z"),
        charge(1, "s1"),
        charge(1, "s1", amount="7.00"),
        charge(6, "", amount=""),
        charge(7, "s2"),
    ]
    content = csv_of(rows) + b"x,y\n\xff\n"
    imported = read_all(receive(content))
    assert counts(imported) == (11, 2, 1, 8)
    assert errors(imported) == [
        (3, "c2", "unknown_subscriber"),
        (4, "c3", "too_many_decimals"),
        (5, "c4", "not_a_choice"),
        (6, "c5", "occurred_in_the_future"),
        (8, "c1", "id_reused"),
        (9, "c6", "required"),
        (11, "", "cell_count"),
        (12, "", "not_utf8"),
    ]
    assert books() == (2, 2, 200)


def test_no_value_stands_among_the_errors(receive: Receive, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "hunter-passport"
    rows = [
        subscriber_row("s1", identifiers=[{"kind": "ip", "value": secret}]),
        subscriber_row("s2", msisdn=secret),
        subscriber_row("s3", identifiers=[{"kind": secret, "value": secret}]),
        subscriber_row("s4", verified={secret: True}),
        {**subscriber_row("s5"), secret: secret},
        subscriber_row("s6", birth_date=secret),
        subscriber_row("s7", identifiers=[{"kind": "email", "value": secret}]),
        subscriber_row("s8", identifiers=[{"kind": "card", "value": CARD}]),
        subscriber_row("s9", msisdn="+7916123XXXX"),
    ]
    imported = read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson"))
    assert counts(imported) == (9, 0, 0, 9)
    everything = repr(list(RowError.objects.values())) + caplog.text
    assert not [each for each in (secret, CARD, "123XXXX") if each in everything]
    assert {"card_number", "not_a_phone_number"} <= {code for _, _, code in errors(imported)}


def test_placeholders_of_a_file_are_kept_as_absent(receive: Receive) -> None:
    known = {"kind": "passport", "value": "4509 123456"}
    rows = [
        subscriber_row("s1", identifiers=[{"kind": "passport", "value": "0000 000000"}, known]),
        subscriber_row("s2", identifiers=[{"kind": "device", "value": "NO_IMEI"}]),
    ]
    imported = read_all(receive(ndjson_of(rows), kind="subscribers", form="ndjson"))
    assert counts(imported) == (2, 2, 0, 0)
    kept = Identifier.objects.exclude(kind="phone").values_list("kind", flat=True)
    assert list(kept) == ["passport"]


def test_a_header_alone_is_an_import_of_nothing(receive: Receive) -> None:
    imported = read_all(receive(f"{CHARGE_HEADER}\n".encode()))
    assert (imported.status, counts(imported)) == ("finished", (0, 0, 0, 0))


def test_more_shards_than_subscribers_do_no_harm(receive: Receive) -> None:
    import_subscribers(receive, ["s1"])
    imported = read_all(receive(csv_of([charge(1, "s1")]), shards=7))
    assert (imported.status, counts(imported)) == ("finished", (1, 1, 0, 0))
