"""Files as spreadsheets write them: read, or refused with a sentence that names the cause."""

import io
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from imports.api.rows import ChargeRows, SubscriberRows
from imports.policy.heads import (
    FileEmpty,
    FileUnreadable,
    HeaderInvalid,
    check_head,
    is_workbook,
    table_of,
)
from imports.policy.kinds import CSV, NDJSON, RowFault
from imports.policy.lines import LineReader
from imports.policy.rows import Row, Share, rows_in
from imports.policy.tables import Table
from kernel.refusals import Refusal

MOSCOW = ZoneInfo("Europe/Moscow")
KINDS: dict[str, Any] = {"charges": ChargeRows(), "subscribers": SubscriberRows()}
HEADER = "charge_id,subscriber_id,amount,currency,kind,occurred_at"
LINE = "c1,s1,599.90,RUB,service,2026-03-01T12:00:00Z"
FIRST = {
    "charge_id": "c1",
    "subscriber_id": "s1",
    "amount": "599.90",
    "currency": "RUB",
    "kind": "service",
    "occurred_at": "2026-03-01T12:00:00Z",
}
SUBSCRIBER = "subscriber_id;msisdn;status;activated_at;plan;region"
GIVEN = "s1;+79161234567;active;2024-01-15T10:00:00+03:00;basic;Moscow"


def rows_of(
    content: bytes, kind: str = "charges", share: Share | None = None, zone: tzinfo = MOSCOW
) -> list[Row]:
    reader = LineReader(io.BytesIO(content), until=len(content))
    check_head(reader, CSV, KINDS[kind].columns)
    reader = LineReader(io.BytesIO(content), until=len(content))
    table = table_of(reader, KINDS[kind].columns, zone)
    found: Iterable[Row | None] = rows_in(reader, CSV, table, *([share] if share else []))
    return [row for row in found if row is not None]


def charge(**cells: str) -> Row:
    """A row of a file with semicolons, in which some cells are others."""
    values = {**FIRST, **cells}
    text = ";".join(FIRST) + "\n" + ";".join(values[name] for name in FIRST) + "\n"
    [row] = rows_of(text.encode())
    return row


def subscriber(**cells: str) -> Row:
    values = {**dict(zip(SUBSCRIBER.split(";"), GIVEN.split(";"), strict=True)), **cells}
    text = ";".join(values) + "\n" + ";".join(values.values()) + "\n"
    [row] = rows_of(text.encode(), "subscribers")
    return row


PLAIN = f"{HEADER}\n{LINE}\n"
LAYOUTS = {
    "plain": f"{HEADER}\n{LINE}\n",
    "capitals": f"{HEADER.upper()}\n{LINE}\n",
    "a capital first": f"{HEADER.title()}\n{LINE}\n",
    "spaces after the commas": f"{HEADER.replace(',', ', ')}\n{LINE.replace(',', ', ')}\n",
    "spaces around names": f"{HEADER.replace(',', ' , ')} \n{LINE}\n",
    "no-break spaces in the header": HEADER.replace(",", ",\u00a0") + f"\n{LINE}\n",
    "semicolons": f"{HEADER}\n{LINE}\n".replace(",", ";"),
    "tabs": f"{HEADER}\n{LINE}\n".replace(",", "\t"),
    "a byte order mark": f"\ufeff{HEADER}\n{LINE}\n".replace(",", ";"),
    "an announced separator": f"sep=;\n{HEADER}\n{LINE}\n".replace(",", ";"),
    "one announced in capitals, with a mark": f"\ufeffSEP=;\r\n{HEADER}\r\n{LINE}\r\n".replace(
        ",", ";"
    ),
    "an announced comma": f"sep=,\n{HEADER}\n{LINE}\n",
    "a quoted announcement": f'"sep=;"\n{HEADER}\n{LINE}\n'.replace(",", ";"),
    "CRLF": f"{HEADER}\r\n{LINE}\r\n",
    "CR CR LF": f"{HEADER}\r\r\n{LINE}\r\r\n",
    "all quoted": '"' + f"{HEADER}\n{LINE}".replace(",", '","').replace("\n", '"\n"') + '"\n',
    "quoted behind spaces": '"'
    + f"{HEADER}\n{LINE}".replace(",", '", "').replace("\n", '"\n"')
    + '"\n',
    "names behind spaces, cells quoted": HEADER.replace(",", ", ")
    + '\n"'
    + LINE.replace(",", '", "').replace("599.90", "599,90")
    + '"\n',
    "all quoted with semicolons": '"'
    + f"{HEADER}\n{LINE}".replace(",", '";"').replace("\n", '"\n"')
    + '"\n',
    "rows of commas": f"{HEADER}\n,,,,,\n{LINE}\n,,,,,\n,\n",
    "rows of semicolons": f"{HEADER}\n{LINE}\n,,,,,\n,,,,,\n".replace(",", ";"),
    "rows of tabs": f"{HEADER}\n{LINE}\n,,,,,\n".replace(",", "\t"),
    "rows of commas and spaces": f"{HEADER}\n , , ,,, \n{LINE}\n",
    "rows of quoted nothing": f'{HEADER}\n"","","","","",""\n{LINE}\n',
    "rows of commas before the header": f",,,,,\n{HEADER}\n{LINE}\n",
    "empty columns at the end": f"{HEADER},,\n{LINE},,\n",
    "empty columns at the end, left out below": f"{HEADER},,\n{LINE}\n",
    "a formula that is a text": PLAIN.replace("c1", '="c1"'),
    "a quoted formula that is a text": PLAIN.replace("c1", '"=""c1"""'),
    "no newline at the end": f"{HEADER}\n{LINE}",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_layouts_are_read(text: str) -> None:
    [row] = rows_of(text.encode())
    assert (row.document, row.fault) == (FIRST, None)
    [read] = KINDS["charges"].read([row.document])
    assert not isinstance(read, RowFault)


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_each_layout_has_its_rows_in_the_shard_of_their_subscriber(text: str) -> None:
    found = [len(rows_of(text.encode(), share=Share(number, 3))) for number in range(3)]
    plain = [len(rows_of(LAYOUTS["plain"].encode(), share=Share(number, 3))) for number in range(3)]
    assert found == plain


AMOUNTS = {
    "599,90": "599.90",
    "599,9": "599.9",
    "599.90": "599.90",
    "1200": "1200",
    "1 200": "1200",
    "1\u00a0200,50": "1200.50",
    "1\u202f234\u202f567,89": "1234567.89",
    "1\u2009200.50": "1200.50",
    " 599,90 ": "599.90",
}


@pytest.mark.parametrize(("cell", "value"), AMOUNTS.items())
def test_amounts_are_read(cell: str, value: str) -> None:
    row = charge(amount=cell)
    assert row.document == {**FIRST, "amount": value}
    assert not isinstance(KINDS["charges"].read([row.document])[0], RowFault)


@pytest.mark.parametrize(
    "cell", ["1,234", "1.234,50", "1,234.50", "12 34", "5,999", "-1,00", "1e3", "599,90 ₽", "0,00"]
)
def test_what_could_be_two_amounts_is_refused(cell: str) -> None:
    row = charge(amount=cell)
    [read] = KINDS["charges"].read([row.document])
    assert isinstance(read, RowFault)
    assert read.pointer == "/amount"


def test_a_quoted_decimal_comma_is_read_in_a_file_with_commas() -> None:
    [row] = rows_of(PLAIN.replace("599.90", '"599,90"').encode())
    assert row.document == FIRST


MOMENTS = {
    "31.12.2025": "2025-12-30T21:00:00+00:00",
    "31.12.2025 10:00": "2025-12-31T07:00:00+00:00",
    "31.12.2025 9:05": "2025-12-31T06:05:00+00:00",
    "31.12.2025 10:00:30": "2025-12-31T07:00:30+00:00",
    "31.12.2025\u00a010:00": "2025-12-31T07:00:00+00:00",
    "2026-03-01T12:00:00Z": "2026-03-01T12:00:00Z",
}


@pytest.mark.parametrize(("cell", "value"), MOMENTS.items())
def test_moments_are_read_in_the_programs_zone(cell: str, value: str) -> None:
    row = charge(occurred_at=cell)
    assert row.document == {**FIRST, "occurred_at": value}
    assert not isinstance(KINDS["charges"].read([row.document])[0], RowFault)


def test_a_moment_follows_the_zone_that_is_set() -> None:
    text = f"{HEADER}\n{LINE.replace('2026-03-01T12:00:00Z', '01.03.2026 12:00')}\n"
    [row] = rows_of(text.encode(), zone=ZoneInfo("Asia/Vladivostok"))
    assert row.document is not None
    assert row.document["occurred_at"] == "2026-03-01T02:00:00+00:00"


@pytest.mark.parametrize("cell", ["26.10.2025 02:30", "30.03.2025 02:30"])
def test_a_time_that_is_twice_or_never_is_refused(cell: str) -> None:
    text = f"{HEADER}\n{LINE.replace('2026-03-01T12:00:00Z', cell)}\n"
    [row] = rows_of(text.encode(), zone=ZoneInfo("Europe/Berlin"))
    assert row.fault is not None
    assert (row.fault.code, row.fault.pointer) == ("time_unclear", "/occurred_at")


BOOLEANS = {
    True: ("TRUE", "True", "true", "ИСТИНА", "истина", "1", "yes", "Да", " TRUE"),
    False: ("FALSE", "False", "false", "ЛОЖЬ", "Ложь", "0", "No", "нет"),
}


@pytest.mark.parametrize(
    ("cell", "value"), [(cell, value) for value, cells in BOOLEANS.items() for cell in cells]
)
def test_booleans_are_read(cell: str, value: bool) -> None:
    row = subscriber(**{"verified.phone": cell})
    assert row.document is not None
    assert row.document["verified"] == {"phone": value}
    assert not isinstance(KINDS["subscribers"].read([row.document])[0], RowFault)


def test_a_spreadsheets_subscriber_is_read() -> None:
    row = subscriber(
        **{
            "birth_date": "28.02.1990",
            "contract.months": "12,0",
            "contract.ends_on": "30.06.2026 0:00:00",
            "identifiers.card": "'4f1c",
            "identifiers.card_until": "31.12.2025 10:00",
            "name": "'t Hooft",
            "status_since": "",
            "verified.identity": "ЛОЖЬ",
        }
    )
    assert row.document is not None
    assert row.document["birth_date"] == "1990-02-28"
    assert row.document["contract"] == {"months": 12, "ends_on": "2026-06-30"}
    assert row.document["identifiers"] == [
        {"kind": "card", "value": "4f1c", "until": "2025-12-31T07:00:00+00:00"}
    ]
    assert row.document["name"] == "'t Hooft"
    assert not isinstance(KINDS["subscribers"].read([row.document])[0], RowFault)


SPOILT = {
    "charge_id": (
        "1.23457E+15",
        "1,23457E+15",
        "7.91612e+10",
        "-1E+20",
        "'1.23457E+15",
        "12.3E+15",
        "123.46E+12",
        "12,3e+15",
        "1.E+15",
        # Without the sign, as some converters write the cells of a workbook.
        "1.23457E15",
        "1,23457e15",
        "1.0E9",
        "1.5E-3",
        " 1.23457E+15 ",
    ),
    "subscriber_id": ("1.23457E+15", "1,23457E+15", "123.46E+12", "1.23457E15", "1,23457E15"),
    "msisdn": ("7.91612E+10", "7,91612E10"),
    "amount": ("1,5E+06", "1.5E6", "1E3"),
}


@pytest.mark.parametrize(
    ("column", "cell"), [(name, cell) for name, cells in SPOILT.items() for cell in cells]
)
def test_a_number_that_excel_cut_is_refused_by_its_cause(column: str, cell: str) -> None:
    row = subscriber(**{column: cell}) if column == "msisdn" else charge(**{column: cell})
    assert row.fault is not None
    assert (row.fault.code, row.fault.pointer) == ("spreadsheet_number", f"/{column}")
    assert "Excel" in row.fault.detail
    assert cell not in row.fault.detail


@pytest.mark.parametrize(
    "column", ["identifiers.passport", "identifiers.device", "identifiers.card", "name"]
)
@pytest.mark.parametrize("cell", ["3.54E+14", "3,54E+14", "3.54E14", "3,54e14"])
def test_no_identifier_is_a_number_that_excel_cut(column: str, cell: str) -> None:
    row = subscriber(**{column: cell})
    assert row.fault is not None
    assert row.fault.code == "spreadsheet_number"
    row = subscriber(**{column: "E+14"})
    assert row.fault is None


def test_a_cut_number_is_never_merged_in_a_plain_file_either() -> None:
    for cut in ("1.23457E+15", "1.23457E15", "1.23457e15", "1E+15", "1.5E-3"):
        text = f"{HEADER}\n{LINE.replace('c1', cut)}\n{LINE.replace('s1', cut)}\n"
        assert [row.fault.code for row in rows_of(text.encode()) if row.fault] == [
            "spreadsheet_number"
        ] * 2


@pytest.mark.parametrize("cell", ["12E5", "1E15", "7E-3", "ABE+15", "1.2.3E5", "1.5EX", "v1.5E5"])
def test_an_id_with_an_e_in_it_is_text(cell: str) -> None:
    assert charge(charge_id=cell).document == {**FIRST, "charge_id": cell}


@pytest.mark.parametrize(
    "cell",
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#Н/Д",
        "#ССЫЛКА!",
        "#ЗНАЧ!",
        "####",
        "#N/D",
        "#NV",
        "#WERT!",
        "#BEZUG!",
        "#VALEUR!",
        "#¡VALOR!",
        "#¿NOMBRE?",
        "#CONNECT!",
        "#ДЕЛ/0!",
        "#ВЫЧИСЛ!",
        "Err:502",
        "Err:508",
        "Ошибка:502",
    ],
)
@pytest.mark.parametrize("column", ["charge_id", "amount", "occurred_at"])
def test_an_error_of_a_spreadsheet_is_no_value(column: str, cell: str) -> None:
    row = charge(**{column: cell})
    assert row.fault is not None
    assert (row.fault.code, row.fault.pointer) == ("spreadsheet_error", f"/{column}")
    # The row is told by its id, if that can be read.
    assert row.document is not None
    assert row.document.get("charge_id") == (None if column == "charge_id" else "c1")


@pytest.mark.parametrize("cell", ["#1", "a#b", "No. #N/A", "Err:5021", "#2!", "#Всё!", "Terror:1"])
def test_what_only_looks_like_an_error_is_text(cell: str) -> None:
    assert charge(charge_id=cell).document == {**FIRST, "charge_id": cell}


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("birth_date", "31.02.1990", "no_such_day"),
        ("birth_date", "28.02.1990 10:00", "not_a_date"),
        ("birth_date", "33298", "spreadsheet_day"),
        ("birth_date", "15/01/1990", "day_unclear"),
        ("birth_date", "15.01.90", "day_unclear"),
        ("birth_date", "28/02/1990", "day_unclear"),
        ("birth_date", "02/28/1990", "day_unclear"),
        ("birth_date", "1990-1-15", "day_unclear"),
        ("status_since", "12/31/2025 10:00 AM", "day_unclear"),
        ("status_since", "31.12.25 10:00", "day_unclear"),
        ("status_since", "46022,5", "spreadsheet_day"),
        ("status_since", "31.12.2025 25:00", "no_such_day"),
    ],
)
def test_days_that_cannot_be_are_refused(column: str, cell: str, code: str) -> None:
    row = subscriber(**{column: cell})
    assert row.fault is not None
    assert (row.fault.code, row.fault.pointer) == (code, f"/{column}")


@pytest.mark.parametrize("cell", ["28-фев-90", "28 02 1990", "Feb 28, 1990", "1990"])
def test_other_days_are_left_to_the_strict_fields(cell: str) -> None:
    row = subscriber(birth_date=cell)
    [read] = KINDS["subscribers"].read([row.document])
    assert isinstance(read, RowFault)
    assert (read.code, read.pointer) == ("not_a_date", "/birth_date")


REFUSED: dict[str, tuple[bytes, type[Refusal], str]] = {
    "a workbook": (b"PK\x03\x04rest", FileUnreadable, "CSV UTF-8"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileUnreadable, "CSV UTF-8"),
    "Unicode text": ("\ufeffa\tb".encode("utf-16-le"), FileUnreadable, "CSV UTF-8"),
    "Windows-1251": (
        (f"{SUBSCRIBER}\n" + GIVEN.replace("Moscow", "Москва") + "\n").encode("cp1251"),
        FileUnreadable,
        "Windows-1251",
    ),
    "Windows-1251 further down": (
        (f"{SUBSCRIBER}\n{GIVEN}\n" + GIVEN.replace("basic", "Безлимит") + "\n").encode("cp1251"),
        FileUnreadable,
        "CSV UTF-8",
    ),
    "a header in Windows-1251": ("номер;дата\n".encode("cp1251"), FileUnreadable, "CSV UTF-8"),
    "old Macintosh": (f"{HEADER}\r{LINE}\r".encode(), HeaderInvalid, "carriage return"),
    "separators only": (b";;;\r\n,,,\n\t\t\n", FileEmpty, ""),
    "another separator": (f"{HEADER}\n".replace(",", "|").encode(), HeaderInvalid, "semicolons"),
    "a name twice in two spellings": (f"{HEADER},Amount\n".encode(), HeaderInvalid, "Repeated"),
}


@pytest.mark.parametrize(("content", "refusal", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_files_that_cannot_be_read_say_why(
    content: bytes, refusal: type[Refusal], said: str
) -> None:
    kind = "subscribers" if content.startswith(b"subscriber_id") else "charges"
    reader = LineReader(io.BytesIO(content), until=len(content))
    with pytest.raises(refusal) as refused:
        check_head(reader, CSV, KINDS[kind].columns)
    assert said in refused.value.detail


def test_one_odd_row_is_its_own_fault() -> None:
    rows = rows_of(
        f"{SUBSCRIBER}\n{GIVEN.replace('Moscow', 'Москва')}\n".encode()
        + GIVEN.replace("Moscow", "Тверь").encode("cp1251")
        + b"\n",
        "subscribers",
    )
    assert [row.fault.code if row.fault else None for row in rows] == [None, "not_utf8"]
    assert rows[1].fault is not None
    assert "CSV UTF-8" in rows[1].fault.detail


@pytest.mark.parametrize(
    ("name", "is_one"), [("a.xlsx", True), ("A.XLS", True), ("a.ods", True), ("a.csv", False)]
)
def test_workbooks_are_told_by_their_names(name: str, is_one: bool) -> None:
    assert is_workbook(name) is is_one


def test_ndjson_stays_strict() -> None:
    line = b'{"charge_id":"1.23457E+15","amount":"599,90","occurred_at":"31.12.2025"}\n'
    reader = LineReader(io.BytesIO(line), until=len(line))
    found: list[Any] = list(rows_in(reader, NDJSON, Table()))
    assert found[0].document == {
        "charge_id": "1.23457E+15",
        "amount": "599,90",
        "occurred_at": "31.12.2025",
    }
    assert isinstance(KINDS["charges"].read([found[0].document])[0], RowFault)
