"""Strict fields accept what they say, and name what is wrong with the rest."""

import re
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from doors.api.bodies import StrictQuery, parse_each, parsed
from doors.api.faults import FAULTS_SHOWN_MAX, InvalidInput, Rejected, faults_shown
from doors.api.fields import (
    AmountField,
    ClientId,
    CurrencyField,
    DateField,
    InstantField,
    IntegerText,
    StrictBoolean,
    StrictChoice,
    StrictField,
    StrictInteger,
    StrictString,
    instant_text,
)
from tests.doors.charges import BatchBody, ChargeBody, PlanBody

GOOD = {
    "charge_id": "ch-1",
    "subscriber_id": "s-1",
    "amount": "599.90",
    "currency": "RUB",
    "kind": "service",
    "occurred_at": "2025-06-30T21:15:00+03:00",
}
WRONG_TYPES: list[Any] = [7, 7.5, True, False, [], {}, ["a"], {"a": 1}]


def code_of(field: StrictField, value: Any) -> str:
    with pytest.raises(Rejected) as caught:
        field.read(value)
    (fault,) = caught.value.faults
    assert fault.detail.endswith(".")
    return fault.code


@pytest.mark.parametrize(
    "field",
    [
        StrictString(),
        ClientId(),
        AmountField(),
        CurrencyField(),
        InstantField(),
        DateField(),
        StrictChoice(["7", "True"]),
    ],
    ids=lambda field: type(field).__name__,
)
@pytest.mark.parametrize("value", WRONG_TYPES, ids=repr)
def test_what_is_a_string_must_be_sent_as_one(field: StrictField, value: Any) -> None:
    assert code_of(field, value) == "not_a_string"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("\t", "blank"),
        (" a", "surrounding_space"),
        ("a ", "surrounding_space"),
        ("a\n", "surrounding_space"),
        ("\u00a0a", "surrounding_space"),
        ("a\x00b", "bad_characters"),
        ("\x00", "bad_characters"),
        ("a\x1bb", "bad_characters"),
        ("a\nb", "bad_characters"),
        ("a\u2028b", "bad_characters"),
        ("a\ud800b", "bad_characters"),
        ("x" * 256, "too_long"),
    ],
    ids=ascii,
)
def test_a_string_is_plain_text(value: str, code: str) -> None:
    assert code_of(StrictString(), value) == code


@pytest.mark.parametrize(
    "value", ["a", "a b", "Тариф «Смарт»", "👩\u200d👧", "x" * 255, "a\u00a0b"]
)
def test_a_string_is_returned_as_it_was_sent(value: str) -> None:
    assert StrictString().read(value) == value


def test_a_string_has_the_length_and_form_that_are_asked_for() -> None:
    assert code_of(StrictString(min_length=3), "ab") == "too_short"
    assert code_of(StrictString(pattern="[A-Z]{2}"), "RUS") == "wrong_form"
    assert StrictString(pattern="[A-Z]{2}").read("RU") == "RU"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("x" * 65, "too_long"),
        ("x" * 100_000, "too_long"),
        ("", "blank"),
        (" ", "blank"),
        ("a\u00a0b", "bad_characters"),
        ("a\u200bb", "bad_characters"),
        ("a\ue000b", "bad_characters"),
        ("a\x00", "bad_characters"),
        ("\udfff", "bad_characters"),
        (" a", "surrounding_space"),
        ("a/b", "not_a_segment"),
        ("/", "not_a_segment"),
        (".", "not_a_segment"),
        ("..", "not_a_segment"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_id_is_at_most_64_printable_characters(value: str, code: str) -> None:
    assert code_of(ClientId(), value) == code


@pytest.mark.parametrize(
    "value", ["a", "x" * 64, "заказ 7", "a?b#c", "a.", "...", '"quoted"', "0", "😀"]
)
def test_an_id_may_be_any_printable_text(value: str) -> None:
    assert ClientId().read(value) == value


@given(st.text())
def test_an_accepted_id_survives_json_and_a_database(value: str) -> None:
    try:
        read = ClientId().read(value)
    except Rejected:
        return
    assert orjson.loads(orjson.dumps(read)) == value
    assert "\x00" not in value
    assert len(value) <= 64


@pytest.mark.parametrize("value", ["100", 10.0, 1e3, True, False, None, [], {}, 2.0**64], ids=repr)
def test_an_integer_is_a_json_integer(value: Any) -> None:
    assert code_of(StrictInteger(min_value=0, max_value=10**6), value) == "not_an_integer"


def test_an_integer_has_bounds() -> None:
    field = StrictInteger(min_value=1, max_value=5)
    assert [field.read(value) for value in (1, 5)] == [1, 5]
    assert code_of(field, 0) == "too_small"
    assert code_of(field, 6) == "too_large"
    assert code_of(field, 10**18) == "too_large"


@pytest.mark.parametrize(
    "value",
    ["", "1.0", "1e3", "+1", " 1", "01", "٣", "1_000", "0x1", "9" * 5000],
    ids=lambda v: v[:9],
)
def test_an_integer_in_a_query_is_decimal_digits(value: str) -> None:
    assert code_of(IntegerText(min_value=0, max_value=10), value) == "not_an_integer"


@pytest.mark.parametrize("value", ["true", "True", 1, 0, None, "", []], ids=repr)
def test_a_boolean_is_true_or_false(value: Any) -> None:
    assert code_of(StrictBoolean(), value) == "not_a_boolean"
    assert StrictBoolean().read(True) is True


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("599.90", 59990),
        ("599.9", 59990),
        ("599", 59900),
        ("0.01", 1),
        ("0.1", 10),
        ("10000000000", 10**12),
    ],
)
def test_an_amount_is_read_as_kopecks(value: str, minor: int) -> None:
    assert AmountField().read(value) == minor


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0", "zero"),
        ("0.00", "zero"),
        ("-1", "negative"),
        ("-0.00", "negative"),
        ("1.234", "too_many_decimals"),
        ("0.000", "too_many_decimals"),
        ("10000000000.01", "too_large"),
        ("9" * 17, "too_large"),
        ("9" * 100_000, "too_large"),
        ("+1", "not_an_amount"),
        ("1e3", "not_an_amount"),
        ("1,50", "not_an_amount"),
        ("1 000", "not_an_amount"),
        (" 1", "not_an_amount"),
        ("1 ", "not_an_amount"),
        ("1\n", "not_an_amount"),
        ("01.00", "not_an_amount"),
        ("1.", "not_an_amount"),
        (".5", "not_an_amount"),
        ("", "not_an_amount"),
        ("NaN", "not_an_amount"),
        ("Infinity", "not_an_amount"),
        ("٣", "not_an_amount"),
        ("1\x00", "not_an_amount"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_amount_that_is_not_one_is_told_why(value: str, code: str) -> None:
    assert code_of(AmountField(), value) == code


@given(st.integers(min_value=1, max_value=10**12))
def test_every_amount_is_read_back_from_how_it_is_written(minor: int) -> None:
    field = AmountField()
    assert field.read(field.to_representation(minor)) == minor


def test_the_currency_is_the_programs() -> None:
    assert CurrencyField().read("RUB") == "RUB"
    assert code_of(CurrencyField(), "EUR") == "other_currency"
    assert code_of(CurrencyField(), "rub") == "other_currency"


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2025-06-30T21:15:00+03:00", datetime(2025, 6, 30, 18, 15, tzinfo=UTC)),
        ("2025-06-30t18:15:00z", datetime(2025, 6, 30, 18, 15, tzinfo=UTC)),
        ("2025-06-30T18:15:00Z", datetime(2025, 6, 30, 18, 15, tzinfo=UTC)),
        ("2025-06-30T18:15:00-00:00", datetime(2025, 6, 30, 18, 15, tzinfo=UTC)),
        ("2025-06-30T18:15:00.5Z", datetime(2025, 6, 30, 18, 15, 0, 500_000, tzinfo=UTC)),
        ("2025-06-30T18:15:00.123456Z", datetime(2025, 6, 30, 18, 15, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T00:00:00+14:00", datetime(2024, 2, 28, 10, 0, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_as_utc(value: str, at: datetime) -> None:
    read = InstantField().read(value)
    assert read == at
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2025-06-30T18:15:00", "offset_missing"),
        ("2025-06-30T18:15:60Z", "leap_second"),
        ("2025-06-30T18:15:00.1234567Z", "too_precise"),
        ("2025-02-29T00:00:00Z", "no_such_day"),
        ("2025-13-01T00:00:00Z", "no_such_day"),
        ("0000-01-01T00:00:00Z", "no_such_day"),
        ("9999-12-31T23:59:59-01:00", "no_such_day"),
        ("1969-12-31T23:59:59Z", "out_of_range"),
        ("1970-01-01T00:00:00+01:00", "out_of_range"),
        ("2025-06-30 18:15:00Z", "not_an_instant"),
        ("2025-06-30T18:15Z", "not_an_instant"),
        ("2025-06-30T24:00:00Z", "not_an_instant"),
        ("2025-06-30T18:61:00Z", "not_an_instant"),
        ("2025-06-30T18:15:00+0300", "not_an_instant"),
        ("2025-06-30T18:15:00+24:00", "not_an_instant"),
        ("2025-06-30T18:15:00 03:00", "not_an_instant"),
        ("20250630T181500Z", "not_an_instant"),
        ("2025-W27-1T00:00:00Z", "not_an_instant"),
        ("2025-06-30", "not_an_instant"),
        ("1751307300", "not_an_instant"),
        ("٢025-06-30T18:15:00Z", "not_an_instant"),
        ("2025-06-30T18:15:00Z\n", "not_an_instant"),
        ("now", "not_an_instant"),
        ("", "not_an_instant"),
    ],
)
def test_an_instant_that_is_not_one_is_told_why(value: str, code: str) -> None:
    assert code_of(InstantField(), value) == code


@given(st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_instant_is_read_back_from_how_it_is_written(at: datetime) -> None:
    assert InstantField().read(instant_text(at)) == at


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2025-02-29", "no_such_day"),
        ("1899-12-31", "out_of_range"),
        ("2025-6-30", "not_a_date"),
        ("20250630", "not_a_date"),
        ("2025-06-30T00:00:00Z", "not_a_date"),
        ("30.06.2025", "not_a_date"),
        ("2025-06-30 ", "not_a_date"),
    ],
)
def test_a_date_that_is_not_one_is_told_why(value: str, code: str) -> None:
    assert code_of(DateField(), value) == code


def test_a_date_is_read() -> None:
    assert DateField().read("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("value", ["Service", "service ", "", "other"])
def test_a_choice_is_one_of_its_words(value: str) -> None:
    assert code_of(StrictChoice(["service"]), value) == "not_a_choice"


def faults_of(body: Any, serializer: Any = ChargeBody) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        parsed(serializer, body)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_a_good_object_is_read() -> None:
    assert parsed(ChargeBody, GOOD) == {
        **GOOD,
        "amount": 59990,
        "occurred_at": datetime(2025, 6, 30, 18, 15, tzinfo=UTC),
    }


@pytest.mark.parametrize("body", [None, [], "a", 7, True, [GOOD]], ids=repr)
def test_what_is_not_an_object_is_refused_as_a_whole(body: Any) -> None:
    assert faults_of(body) == [("", "not_an_object")]


def test_every_fault_is_named_at_its_place() -> None:
    body = {**GOOD, "amount": "0", "kind": 7, "a/b~c": 1, "currency": None}
    del body["charge_id"]
    assert set(faults_of(body)) == {
        ("/charge_id", "required"),
        ("/amount", "zero"),
        ("/kind", "not_a_string"),
        ("/currency", "null"),
        ("/a~1b~0c", "unknown"),
    }


def test_nested_faults_have_nested_pointers() -> None:
    body = {
        "plan": "smart",
        "contract": {"months": "12", "extra": 1},
        "parts": [{"months": 1}, {"months": 0}, 7],
    }
    assert faults_of(body, PlanBody) == [
        ("/contract/months", "not_an_integer"),
        ("/contract/extra", "unknown"),
        ("/parts/1/months", "too_small"),
        ("/parts/2", "not_an_object"),
    ]


@pytest.mark.parametrize(
    ("parts", "code"),
    [([{"months": 1}] * 4, "too_many"), ({}, "not_a_list"), ("ab", "not_a_list"), (None, "null")],
)
def test_a_list_is_an_array_of_bounded_length(parts: Any, code: str) -> None:
    assert faults_of({"plan": "smart", "parts": parts}, PlanBody) == [("/parts", code)]


def test_null_is_a_value_only_where_it_is_allowed() -> None:
    assert parsed(PlanBody, {"plan": "smart", "contract": None}) == {
        "plan": "smart",
        "contract": None,
    }


def test_an_absent_optional_member_stays_absent() -> None:
    assert parsed(PlanBody, {"plan": "smart"}) == {"plan": "smart"}


def test_each_item_of_a_batch_stands_for_itself() -> None:
    results = parse_each(ChargeBody, [GOOD, {**GOOD, "amount": "-1"}, 7, GOOD])
    assert isinstance(results[0], dict)
    assert results[1] == [
        {
            "pointer": "/amount",
            "code": "negative",
            "detail": "An amount must be more than zero, written without a sign.",
        }
    ]
    assert [type(result) for result in results] == [dict, list, list, dict]


def test_a_batch_is_counted_before_it_is_read() -> None:
    assert faults_of({"charges": [7] * 4}, BatchBody) == [("/charges", "too_many")]
    assert faults_of({"charges": []}, BatchBody) == [("/charges", "too_few")]
    assert parsed(BatchBody, {"charges": [7]}) == {"charges": [7]}


def test_an_answer_names_a_bounded_number_of_faults() -> None:
    with pytest.raises(InvalidInput) as caught:
        parsed(ChargeBody, {f"x{n}" * 500: n for n in range(5000)})
    shown = faults_shown(caught.value.faults)
    assert len(shown) == FAULTS_SHOWN_MAX
    assert max(len(fault["pointer"]) for fault in shown) < 300


def test_drfs_own_entrance_leads_to_the_same_answer() -> None:
    serializer = ChargeBody(data={**GOOD, "amount": 599.9})
    assert not serializer.is_valid()
    assert serializer.errors["/amount"][0].code == "not_a_string"
    assert ChargeBody(data=GOOD).is_valid()


class LimitQuery(StrictQuery):
    limit = IntegerText(min_value=1, max_value=10, default=5)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limit=0", [("/limit", "too_small")]),
        ("limit=11", [("/limit", "too_large")]),
        ("limit=a", [("/limit", "not_an_integer")]),
        ("limit=1&limit=2", [("/limit", "repeated")]),
        ("x=1", [("/x", "unknown")]),
        ("%00=1", [("/\x00", "unknown")]),
    ],
)
def test_a_query_string_is_strict_too(query: str, faults: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInput) as caught:
        LimitQuery().read_query(QueryDict(query))
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == faults
    assert caught.value.place == "parameter"


def test_a_query_string_has_defaults() -> None:
    assert LimitQuery().read_query(QueryDict("")) == {"limit": 5}
    assert LimitQuery().read_query(QueryDict("limit=7&name=x"), also={"name": StrictString()}) == {
        "limit": 7,
        "name": "x",
    }


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (AmountField(), "599.90", ["-1", "1.234", "01", "1e3"]),
        (StrictString(), "a b", [" a", "a "]),
        (ClientId(), "a", [" a", ""]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_documented_pattern_says_the_same(
    field: StrictField, good: str, bad: list[str]
) -> None:
    pattern = re.compile(field.schema()["pattern"])
    assert pattern.search(good)
    assert not any(pattern.search(value) for value in bad)
