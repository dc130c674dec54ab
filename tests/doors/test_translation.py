"""Sentences of policies, money, days and plurals in both languages."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

from doors.amounts import points_shown, roubles_shown, signed_points_shown
from doors.translation import translated
from fraud.admin.words import value_shown

SAID = [
    ("There is no payout with this id.", "Выплаты с таким ID нет."),
    ("On the block list: card, device.", "В чёрном списке: карта, устройство."),
    (
        "The payout is in_review: freeze does not apply.",
        "Статус выплаты — на проверке; шаг «freeze» к нему неприменим.",
    ),
    (
        "The score is 0.91, and 0.80 on refuses: Shared device +0.60, Another country +0.31.",
        "Оценка 0,91, порог: отказ от 0,80. Вклад: Общее устройство +0,60, Другая страна +0,31.",
    ),
    # Members and columns are told as machines write them, whatever else their names may mean.
    ("Unknown: colour. Missing: kind.", "Неизвестно: colour. Не хватает: kind."),
    ("One of: service, top_up.", "Одно из: service, top_up."),
    (
        '/amount: An amount is a decimal string such as "599.90". /kind: One of: service.',
        '/amount: Сумма — десятичная строка вида "599.90". /kind: Одно из: service.',
    ),
    ("What a person wrote stays.", "What a person wrote stays."),
    ("", ""),
]


@pytest.mark.parametrize(("english", "russian"), SAID)
def test_a_sentence_is_told_in_the_language_of_the_moment(english: str, russian: str) -> None:
    assert translated(english) == english
    with translation.override("ru"):
        assert translated(english) == russian


@pytest.mark.parametrize(
    ("language", "money", "debt", "points", "lost"),
    [
        ("en", "1,234,567.80 ₽", "−1,200 ₽", "12,345", "−12,345"),
        ("ru", "1 234 567,80 ₽", "−1 200 ₽", "12 345", "−12 345"),
    ],
)
def test_money_and_points(language: str, money: str, debt: str, points: str, lost: str) -> None:
    with translation.override(language):
        said = [roubles_shown(123_456_780), roubles_shown(-120_000)]
        said += [points_shown(12_345), signed_points_shown(-12_345)]
    assert [_plain(each) for each in said] == [money, debt, points, lost]


def test_thousands_stand_together() -> None:
    with translation.override("ru"):
        assert roubles_shown(123_456_700) == "1\u202f234\u202f567\u00a0₽"


@pytest.mark.parametrize(
    ("language", "day", "moment", "month"),
    [
        ("en", "5 Nov 2026", "5 Nov 2026, 09:07", "November 2026"),
        ("ru", "05.11.2026", "05.11.2026, 09:07", "Ноябрь 2026"),
    ],
)
def test_days(language: str, day: str, moment: str, month: str) -> None:
    at = datetime(2026, 11, 5, 9, 7, tzinfo=UTC)
    with translation.override(language):
        assert date_format(date(2026, 11, 5), "DATE_FORMAT") == day
        assert date_format(at, "DATETIME_FORMAT") == moment
        assert date_format(at, "YEAR_MONTH_FORMAT") == month


@pytest.mark.parametrize(
    ("number", "russian"),
    [(1, "1 выплата"), (2, "2 выплаты"), (5, "5 выплат"), (11, "11 выплат"), (21, "21 выплата")],
)
def test_plurals(number: int, russian: str) -> None:
    with translation.override("ru"):
        said = ngettext("%(n)s payout", "%(n)s payouts", number) % {"n": number}
    assert said == russian


@pytest.mark.parametrize(
    ("value", "unit", "english", "russian"),
    [
        (1, "accounts", "1 account", "1 аккаунт"),
        (3, "accounts", "3 accounts", "3 аккаунта"),
        (11, "accounts", "11 accounts", "11 аккаунтов"),
        (2.5, "hours", "2.5 hours", "2,5 ч"),
        (0.5, "share", "50 %", "50 %"),
        (1, "yes or no", "yes", "да"),
    ],
)
def test_values_of_signals(value: float, unit: str, english: str, russian: str) -> None:
    assert value_shown(value, unit) == english
    with translation.override("ru"):
        assert value_shown(value, unit) == russian


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")
