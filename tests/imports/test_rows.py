"""A row is found where it is, whatever stands around it."""

import io
from collections.abc import Iterable
from typing import Any

import pytest

from imports.policy import rows as rows_module
from imports.policy.batches import BATCH_BYTES, BATCH_ROWS, batches_of
from imports.policy.kinds import BOOLEAN, CSV, IDENTIFIER, INTEGER, NDJSON, Column
from imports.policy.lines import ROW_BYTES_MAX, LineReader
from imports.policy.rows import Row, Share, rows_in
from imports.policy.tables import Table

COLUMNS = [Column(("subscriber_id",)), Column(("plan",))]


def read(content: bytes, form: str = CSV, columns: list[Column] | None = None) -> list[Row]:
    reader = LineReader(io.BytesIO(content), until=len(content))
    return own(rows_in(reader, form, Table(columns or COLUMNS)))


def own(rows: Iterable[Row | None]) -> list[Row]:
    return [row for row in rows if row is not None]


def told(rows: list[Row]) -> list[Any]:
    return [(row.line, row.document if row.fault is None else row.fault.code) for row in rows]


A = {"subscriber_id": "a", "plan": "b"}
CASES = {
    "lines": (b"a,b\na,b\n", [(1, A), (2, A)]),
    "no newline at the end": (b"a,b\na,b", [(1, A), (2, A)]),
    "CRLF": (b"a,b\r\na,b\r\n", [(1, A), (2, A)]),
    "blank lines": (b"\na,b\n  \n\r\na,b\n\n", [(2, A), (5, A)]),
    "a byte order mark": (b"\xef\xbb\xbfa,b\n", [(1, A)]),
    "quoted": (b'"a","b"\n', [(1, A)]),
    "a quoted comma": (b'a,"b,c"\n', [(1, {"subscriber_id": "a", "plan": "b,c"})]),
    "a doubled quote": (b'a,"b""c"\n', [(1, {"subscriber_id": "a", "plan": 'b"c'})]),
    "a quoted line break": (
        b'a,"b\nc"\na,b\n',
        [(1, {"subscriber_id": "a", "plan": "b\nc"}), (3, A)],
    ),
    "a quote never closed": (b'a,"b\na,b\na,b\n', [(1, "open_quote"), (2, A), (3, A)]),
    "a quote never closed before quoted rows": (
        b'a,"b\n"a","b"\na,b\n',
        [(1, "open_quote"), (2, A), (3, A)],
    ),
    "two quotes never closed": (
        b'a,"b\na,"b\na,b\n',
        [(1, "not_csv"), (2, "open_quote"), (3, A)],
    ),
    "a quote within": (b'a,b"c\n', [(1, {"subscriber_id": "a", "plan": 'b"c'})]),
    "text after a quote": (b'a,"b"c\na,b\n', [(1, "not_csv"), (2, A)]),
    "too few cells": (b"a\na,b\n", [(1, "cell_count"), (2, A)]),
    "too many cells": (b"a,b,c\na,b\n", [(1, "cell_count"), (2, A)]),
    "not UTF-8": (b"\xff,b\na,b\n", [(1, "not_utf8"), (2, A)]),
    "a carriage return within": (b"a,b\rc\na,b\n", [(1, "line_ends"), (2, A)]),
    "other separators of lines": (
        "a,b\u2028c\n".encode(),
        [(1, {"subscriber_id": "a", "plan": "b\u2028c"})],
    ),
    "NUL": (b"a,\x00\n", [(1, {"subscriber_id": "a", "plan": "\x00"})]),
    "empty cells": (b"a,\n", [(1, {"subscriber_id": "a"})]),
    "too long": (
        b"a," + b"x" * ROW_BYTES_MAX + b"\na,b\n",
        [(1, "row_too_long"), (2, A)],
    ),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("content", "expected"), CASES.values(), ids=CASES.keys())
def test_csv_rows_are_what_their_lines_say(content: bytes, expected: list[Any]) -> None:
    assert told(read(content)) == expected


NDJSON_CASES = {
    "lines": (b'{"a":1}\n{"a":1}', [(1, {"a": 1}), (2, {"a": 1})]),
    "CRLF and blanks": (b'{"a":1}\r\n\r\n{"a":1}\n', [(1, {"a": 1}), (3, {"a": 1})]),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}\n', [(1, {"a": 1})]),
    "not JSON": (b'{"a":\n{"a":1}\n', [(1, "not_json"), (2, {"a": 1})]),
    "no object": (b"[1]\n1\nnull\n", [(n, "not_an_object") for n in (1, 2, 3)]),
    "a member twice": (b'{"a":1,"a":2}\n{"a":1}\n', [(1, "repeated_member"), (2, {"a": 1})]),
    "a member twice, escaped": (b'{"a":1,"\\u0061":1}\n', [(1, "repeated_member")]),
    "a member twice, nested": (b'{"b":[{"a":1,"a":1}]}\n', [(1, "repeated_member")]),
    "a value twice": (b'{"a":"b\\":","c":":"}\n', [(1, {"a": 'b":', "c": ":"})]),
    "nested deep": (b"[" * 100_000 + b"\n", [(1, "not_json")]),
    "a lone surrogate": (b'{"a":"\\ud800"}\n', [(1, "not_json")]),
    "NUL": (b'{"a":"\x00"}\n', [(1, "not_json")]),
    "binary": (b"\x80\x02\xff\n", [(1, "not_json")]),
    "too long": (b'"' + b"x" * ROW_BYTES_MAX + b'"\n{}\n', [(1, "row_too_long"), (2, {})]),
}


@pytest.mark.parametrize(("content", "expected"), NDJSON_CASES.values(), ids=NDJSON_CASES.keys())
def test_ndjson_rows_are_what_their_lines_say(content: bytes, expected: list[Any]) -> None:
    assert told(read(content, NDJSON)) == expected


def test_cells_become_members_of_their_types() -> None:
    columns = [
        Column(("subscriber_id",)),
        Column(("contract", "months"), INTEGER),
        Column(("verified", "phone"), BOOLEAN),
        Column(("identifiers", "card"), IDENTIFIER),
        Column(("identifiers", "ip"), IDENTIFIER),
    ]
    [row, strange] = read(b"s,12,true,tok,1.1.1.1\ns,012,maybe,,\n", columns=columns)
    assert row.document == {
        "subscriber_id": "s",
        "contract": {"months": 12},
        "verified": {"phone": True},
        "identifiers": [{"kind": "card", "value": "tok"}, {"kind": "ip", "value": "1.1.1.1"}],
    }
    # What isn't exactly an integer or a boolean stays text, for the strict fields to refuse.
    assert strange.document == {
        "subscriber_id": "s",
        "contract": {"months": "012"},
        "verified": {"phone": "maybe"},
    }


@pytest.mark.parametrize("content", [case[0] for case in CASES.values()], ids=CASES.keys())
def test_reading_goes_on_from_any_row_as_if_it_had_never_stopped(content: bytes) -> None:
    rows = read(content)
    reader = LineReader(io.BytesIO(content), until=len(content))
    for place, _ in enumerate(rows_in(reader, CSV, Table(COLUMNS)), start=1):
        again = LineReader(
            io.BytesIO(content), until=len(content), offset=reader.offset, number=reader.number
        )
        assert own(rows_in(again, CSV, Table(COLUMNS))) == rows[place:]


ODD_CSV = b"".join(case[0] + b"\n" for case in CASES.values())
ODD_NDJSON = b"".join(case[0] + b"\n" for case in NDJSON_CASES.values()) + (
    b'{"subscriber_id":"a","subscriber_id":"b"}\n{"subscriber_id":"\\u0061"}\n'
    b'{"x":{"subscriber_id":"a"}}\n{"subscriber_id":7}\n{"subscriber_id":"c","x":"\\"}\n'
)


@pytest.mark.parametrize(("content", "form"), [(ODD_CSV, CSV), (ODD_NDJSON, NDJSON)])
@pytest.mark.parametrize("shards", [2, 3, 7])
def test_every_row_has_one_shard_however_odd_it_is(content: bytes, form: str, shards: int) -> None:
    whole = read(content, form)
    parts = []
    for number in range(shards):
        reader = LineReader(io.BytesIO(content), until=len(content))
        parts.append(own(rows_in(reader, form, Table(COLUMNS), Share(number, shards))))
    assert sorted(row.line for part in parts for row in part) == [row.line for row in whole]


def test_a_subscriber_has_one_shard_however_it_is_written() -> None:
    lines = (
        b'{"subscriber_id":"\xd1\x8f","a":1}\n{ "subscriber_id" : "\xd1\x8f" }\n'
        b'{"subscriber_id":"\\u044f"}\n{"a":"subscriber_id","subscriber_id":"\xd1\x8f"}\n'
    )
    table = b'x,"\xd1\x8f"\nx,\xd1\x8f\n'
    columns = [Column(("plan",)), Column(("subscriber_id",))]
    for number in range(5):
        reader = LineReader(io.BytesIO(lines), until=len(lines))
        found = own(rows_in(reader, NDJSON, Table(), Share(number, 5)))
        reader = LineReader(io.BytesIO(table), until=len(table))
        found += own(rows_in(reader, CSV, Table(columns), Share(number, 5)))
        assert len(found) in (0, 6)


def test_batches_are_bounded_and_end_where_the_next_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "LINES_PASSED_MAX", 10)
    content = b"".join(b"s%d,plan\n" % (n % 97) for n in range(BATCH_ROWS * 3)) + b"broken\n\n"
    lines: list[int] = []
    for number in range(3):
        reader = LineReader(io.BytesIO(content), until=len(content))
        rows = rows_in(reader, CSV, Table(COLUMNS), Share(number, 3))
        batches = list(batches_of(rows, reader, starts_at=0))
        assert [batch.is_last for batch in batches] == [False] * (len(batches) - 1) + [True]
        assert batches[-1].ends_at == len(content)
        assert [b.starts_at for b in batches] == [0, *(b.ends_at for b in batches[:-1])]
        assert all(len(batch.rows) <= BATCH_ROWS for batch in batches)
        lines += [row.line for batch in batches for row in batch.rows]
    assert sorted(lines) == list(range(1, BATCH_ROWS * 3 + 2))


def test_a_batch_of_long_rows_is_bounded_by_their_bytes() -> None:
    content = b"".join(b"s%d,%s\n" % (n, b"x" * 200_000) for n in range(100))
    reader = LineReader(io.BytesIO(content), until=len(content))
    sizes = [
        sum(row.bytes for row in batch.rows)
        for batch in batches_of(rows_in(reader, CSV, Table(COLUMNS)), reader, starts_at=0)
    ]
    assert max(sizes) < BATCH_BYTES + 300_000
    assert sum(sizes) > 100 * 200_000
