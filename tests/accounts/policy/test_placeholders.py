"""Placeholders: what stands for "unknown", kind by kind, and what only looks like it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.identifiers import KINDS, normal_identifier
from accounts.policy.placeholders import Placeholder, is_placeholder

UNKNOWN = [
    *("unknown", "Unknown", "UNKNOWN", "none", "None", "null", "NULL", "(null)", "<null>", "nil"),
    *("N/A", "n/a", "NA", "n.a.", "undefined", "not available", "NOT_AVAILABLE", "not-specified"),
    *("not set", "no data", "NO_DATA", "missing", "empty", "anonymous", "-", "--", "—", "?", "…"),
    *("нет", "НЕТ", "Нет данных", "не указан", "Не указано", "НЕ_УКАЗАНА", "неизвестно", "н/д"),
    *("неизвестен", "Отсутствует", "не задан", "не определён", "не определен", "пусто", "прочерк"),
    *("б/н", "Б/Н", "б.н.", "б/с", "б/c", "н/п", "н/у", "s/n", "отказ", "неизв.", "отсутств."),
    *("не предъявлен", "отказался", "паспорт не предъявлен", "[object Object]"),
    *("данные отсутствуют", "не предоставлен", "скрыто", "_", ".", "*", "[]", "{}", "'none'"),
]
DEVICES = [
    *("NO_IMEI", "no imei", "No-IMEI", "NOIMEI", "imei: none", "unknown_device", "Unknown IMEI"),
    *("device unknown", "no device id", "IMEI", "без imei", "неизвестное устройство"),
    *("00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "0x0"),
    *("00000000000000000000000000000000", "000000000000000", "00-000000-000000-0", "0", "xx"),
    *("111111111111111", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "123456789012345", "qwerty"),
    *("012345678912345", "0123456789ABCDEF", "abcdef", "9876543210", "9774d56d682e549c"),
    *("9774D56D682E549C", "02:00:00:00:00:00", "02-00-00-00-00-00", "ff:ff:ff:ff:ff:ff"),
    *("00:00:00:00:00:00", "004999010640000", "0049990106400001", "135790246811220"),
    *("Android", "iPhone", "android emulator", "web", "google_sdk", "INVALID_IMEI", "IMEI: 0"),
    *("null-null", "undefinedundefined", "limit_ad_tracking", "OPTED_OUT", "permission denied"),
    *("tracking disabled", "error", "restricted", "прочее", "отключено", "deadbeef", "unset"),
    *("03000200-0400-0500-0006-000700080009", "To be filled by O.E.M.", "Default string"),
]
NOTHING_KNOWN = {
    "passport": [
        *("иностранец", "загранпаспорт", "вид на жительство", "утерян", "XX 000000", "юр. лицо"),
        *("не действителен", "0000 000000", "0000000000", "0000 123456", "4510 000000"),
        "1111 111111",
    ],
    "card": ["0000 0000 0000 0000", "****", "xxxx", "no card", "нет карты", "card", "0000",
             "cash", "наличные", "СБП", "Visa", "Apple Pay", "банковская карта", "tok_0000",
             "fp_000000", "pending"],
    "phone": ["0000000000", "+7 000 000-00-00", "8 (999) 999-99-99", "нет телефона", "no phone"],
    "device": DEVICES,
    "ip": ["0.0.0.0", "127.0.0.1", "192.168.0.10", "100.64.3.4", "::", "fe80::1", "fd00::1"],  # noqa: S104 (nobody listens)
    "email": [
        *("none@none", "none@none.com", "no@mail.ru", "noemail@mail.ru", "no-email@example.com"),
        *("no@no.no", "nomail@bk.ru", "NOEMAIL", "unknown@mail.ru", "test@test", "test@test.ru"),
        *("null@null", "n/a", "net@mail.ru", "нет@почты.нет", "000@mail.ru", "1@1.ru", "a@a.a"),
        *("ivan@noemail.ru", "ivan@localhost", "ivan@site.invalid", "123@mail.ru", "noreply@x.ru"),
        *("qwerty@mail.ru", "unknown+1@mail.ru", "xxx@xxx.ru", "nobody@x.ru", "netpochty@mail.ru"),
        *("email@email.com", "client@client.ru", "mail@mail.ru"),
    ],
    "address": ["Москва", "г. Тверь", "Россия", "без адреса", "нет адреса", "0", "ул. Ленина",
                "101000", "101000, Москва", "до востребования, 101000", "Москва, ул. , д. 0"],
}  # fmt: skip
SOMEBODYS = {
    "passport": ["4510 123456", "45 10 102030", "AB1234567", "1234 567809", "ТС 12345"],
    "card": [
        *("tok_4f1c9b", "fp_unknown_1", "pm_none1", "n1o2n3e4", "tok_visa_1", "mirtok"),
        *("fp_a0", "tok_0"),
    ],
    "phone": ["+79161234567", "8 912 345-67-89", "+375291234567"],
    "device": [
        *("Android-7", "web-1", "error-5", "IMEI: 1", "other-device", "device-A", "iPhone-of-Ann",
          "device-1", "device-0", "no-1-phone", "35-209900-176148-1", "a1b2c3d4e5f60718"),
        *("2b6f0cc904d137be2e1730235f5664094b831186", "dev_generated_1_0", "null-island-7"),
        "00000000-0000-0000-0000-0000000000a7",
    ],
    "ip": ["203.0.113.7", "8.8.8.8", "1.1.1.1", "1.2.3.4", "2001:db8::1"],
    "email": [
        *("zero@mail.ru", "lost@mail.ru", "off@mail.ru", "mail@firm.ru", "ivanov@ivanov.ru"),
        *("ann@example.com", "a@example.com", "nan@mail.ru", "info@firm.ru", "mail@ivanov.ru"),
        *("nina@mail.ru", "notes@mail.ru", "ivan@test.ru", "networks@mail.ru", "noel@mail.ru"),
    ],
    "address": ["Тверь, Медовая улица, 17, кв. 99", "lenina st, 1", "1-й проезд", "дом 7",
                "101000, Москва, ул. Ленина, 10", "ул. Ленина, 10, 101000"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_words_for_unknown_name_nobody_whatever_the_kind(kind: str) -> None:
    for value in UNKNOWN:
        assert is_placeholder(kind, value), value
        with pytest.raises(Placeholder):
            normal_identifier(kind, value, "RU")


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_mean_nothing_are_recognised(kind: str) -> None:
    assert [value for value in NOTHING_KNOWN[kind] if not is_placeholder(kind, value)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_mean_somebody_are_kept(kind: str) -> None:
    assert [value for value in SOMEBODYS[kind] if is_placeholder(kind, value)] == []
    for value in SOMEBODYS[kind]:
        assert normal_identifier(kind, value, "RU")


@given(kind=st.sampled_from(KINDS), word=st.sampled_from(UNKNOWN), mark=st.sampled_from(" _-.<>"))
def test_neither_case_nor_marks_make_a_word_mean_somebody(kind: str, word: str, mark: str) -> None:
    for value in (word.upper(), word.title(), f"{mark}{word}{mark}", word.replace(" ", mark)):
        assert is_placeholder(kind, value), value


@given(
    kind=st.sampled_from(["device", "passport", "card"]),
    sign=st.characters(),
    more=st.integers(2, 40),
)
def test_one_character_repeated_means_nothing(kind: str, sign: str, more: int) -> None:
    if kind != "card" or sign not in "*•●∙·…×#?":
        assert is_placeholder(kind, sign * more)


@contextmanager
def ending() -> Iterator[None]:
    """Fail what a pattern would search for hours: it ends in microseconds, or never."""

    def interrupt(_number: int, _frame: object) -> None:
        raise AssertionError("a pattern searches without end")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(20)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@given(kind=st.sampled_from(KINDS), value=st.text(max_size=500))
def test_whatever_is_sent_is_judged_at_once(kind: str, value: str) -> None:
    with ending():
        assert is_placeholder(kind, value) in {True, False}


def test_a_long_text_of_such_words_is_judged_at_once() -> None:
    for word in ("id", "deviceid", "e", "нет", "номер"):
        with ending():
            assert is_placeholder("device", word * 100) in {True, False}


@given(st.uuids())
def test_a_random_uuid_is_somebodys(value: object) -> None:
    assert not is_placeholder("device", str(value))
