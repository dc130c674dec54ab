"""Columns of files told to people, and a sample file of each kind in the reader's language."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from imports.policy.kinds import CHARGES, KINDS, SUBSCRIBERS
from imports.policy.lines import BYTE_ORDER_MARK
from imports.policy.tables import COMMA, SEMICOLON
from imports.queries.kinds import row_kind
from kernel.spreadsheets import csv_lines


class Wording(NamedTuple):
    """A column's meaning, and what two sample rows have in it, in English and Russian files."""

    meaning: str | Promise
    english: tuple[str, str] = ("", "")
    russian: tuple[str, str] | None = None

    def samples(self, language: str) -> tuple[str, str]:
        """Return what the sample rows have."""
        return self.russian if language == "ru" and self.russian is not None else self.english


_MOMENT = (
    _("a moment: 2025-06-30T21:15:00+03:00, or 30.06.2025 21:15 in the program's time zone"),
    ("2025-06-30T21:15:00+03:00", "2025-07-01T09:00:00+03:00"),
    ("30.06.2025 21:15", "01.07.2025 9:00"),
)
_YES_NO = _("TRUE or FALSE, ИСТИНА or ЛОЖЬ, yes or no, 1 or 0")

_SUBSCRIBERS = {
    "subscriber_id": Wording(
        _("billing's id of the line: text, at most 64 characters"), ("S-1001", "S-1002")
    ),
    "msisdn": Wording(
        _("the phone number; national ones are the operator's country's"),
        ("8 (916) 123-45-67", "8 (916) 123-45-68"),
    ),
    "status": Wording(_("active, suspended or closed"), ("active", "suspended")),
    "status_since": Wording(
        _("since when it has this status; a moment"),
        ("", "2025-10-01T00:00:00+03:00"),
        ("", "01.10.2025"),
    ),
    "activated_at": Wording(*_MOMENT),
    "closed_at": Wording(_("with the status closed: since when; a moment")),
    "plan": Wording(_("the plan's name"), ("Month-to-month", "One year"), ("Месяц", "Год")),
    "region": Wording(_("the region's name"), ("Moscow", "Tver"), ("Москва", "Тверь")),
    "name": Wording(
        _("the person's name; it goes into the vault"),
        ("Anna Petrova", ""),
        ("Анна Петрова", ""),
    ),
    "birth_date": Wording(
        _("a day: 2025-06-30 or 30.06.2025; it goes into the vault"),
        ("1990-02-28", ""),
        ("28.02.1990", ""),
    ),
    "contract.months": Wording(_("how many months the contract runs, in digits"), ("", "12")),
    "contract.ends_on": Wording(
        _("the contract's last day"), ("", "2026-06-30"), ("", "30.06.2026")
    ),
    "verified.phone": Wording(_YES_NO, ("TRUE", "TRUE"), ("ИСТИНА", "ИСТИНА")),
    "verified.identity": Wording(_YES_NO, ("FALSE", "TRUE"), ("ЛОЖЬ", "ИСТИНА")),
    "identifiers.passport": Wording(_("series and number of the passport")),
    "identifiers.card": Wording(
        _("the payment provider's fingerprint of the card"), ("tok_4f1c9b", "")
    ),
    "identifiers.phone": Wording(_("another phone number of the person")),
    "identifiers.device": Wording(_("the handset's identifier, such as its IMEI")),
    "identifiers.ip": Wording(_("the IP address of the registration")),
    "identifiers.email": Wording(_("the e-mail address")),
    "identifiers.address": Wording(_("the postal address")),
    "reported_at": Wording(
        _("as of when billing says this; a row that is older than what is known changes nothing")
    ),
}
_CHARGES = {
    "charge_id": Wording(
        _("billing's id of the charge: text, at most 64 characters"), ("ch-1", "ch-2")
    ),
    "subscriber_id": Wording(_("billing's id of the line"), ("S-1001", "S-1002")),
    "amount": Wording(
        _("roubles and kopecks: 1599.90, or 1 599,90"), ("599.90", "1200"), ("599,90", "1 200,00")
    ),
    "currency": Wording(_("RUB"), ("RUB", "RUB")),
    "kind": Wording(_("service, top_up, renewal or device"), ("service", "top_up")),
    "occurred_at": Wording(*_MOMENT),
}
WORDINGS: Mapping[str, Mapping[str, Wording]] = {SUBSCRIBERS: _SUBSCRIBERS, CHARGES: _CHARGES}
_UNWORDED = Wording("–")
_UNTIL = Wording(_("when it was given up; a moment"))


class ColumnShown(NamedTuple):
    """A column as the page tells it."""

    name: str
    is_required: bool
    meaning: str | Promise


def columns_shown(kind: str) -> list[ColumnShown]:
    """Return the columns that a file of this kind may have, those first that it must have."""
    known, named_by = row_kind(kind).columns, row_kind(kind).id_member
    shown = [
        ColumnShown(name, column.is_required, wording_of(kind, name).meaning)
        for name, column in known.items()
    ]
    return sorted(shown, key=lambda each: (each.name != named_by, not each.is_required))


def wording_of(kind: str, name: str) -> Wording:
    """Return what a column holds."""
    worded = WORDINGS[kind].get(name)
    if worded is not None:
        return worded
    return _UNTIL if name.endswith("until") else _UNWORDED


def sample_of(kind: str) -> bytes:
    """Return a file that could be sent as it is, as a spreadsheet of the reader would write it."""
    assert kind in KINDS
    language = get_language() or ""
    wordings = WORDINGS[kind]
    rows = ([wording.samples(language)[row] for wording in wordings.values()] for row in range(2))
    lines = csv_lines(wordings, rows, separator=SEMICOLON if language == "ru" else COMMA)
    return BYTE_ORDER_MARK + "".join(lines).encode()
