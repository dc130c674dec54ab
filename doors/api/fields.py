"""Strict fields: what JSON says is what is meant, and nothing is converted on the way in.

DRF's own fields accept "100" and 10.0 as an integer, 7 as a string, 1e3, naive times and
unknown members. These don't. They stay DRF fields and serializers, so that drf-spectacular
documents them, but bring their own `read`, which costs a fraction of DRF's `run_validation`.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from rest_framework import serializers

from doors.api.faults import (
    InvalidInput,
    Rejected,
    rejected,
)
from kernel.ids import ID_LENGTH_MAX, is_segment
from kernel.moments import CLOCK_SKEW
from kernel.money import decimal_string

AMOUNT_MINOR_MAX = 10**12

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,2}))?", re.ASCII)
_NUMBER = re.compile(r"([+-]?)[0-9]+(?:\.([0-9]+))?", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)"
    r"(?:\.([0-9]+))?([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1900, 1, 1)

# As classes of a pattern, which is read as ECMA-262 has it and has no names for categories: what
# forges lines, white space, and format characters and private code points. Code points that
# Unicode hasn't assigned are told in words only.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_SPACES = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680"
    r"\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ue000-\uf8ff\ufeff\ufff9-\ufffb"
)
_TEXT = f"^(?![{_SPACES}]|.*[{_SPACES}]$)[^{_CONTROLS}]+$"
_ID = rf"^(?!\.\.?$| |.* $)[^/{_UNSEEN}]+$"
_AMOUNTS = r"^(?!0(\.00?)?$)((0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?|10{10}(\.00?)?)$"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_MOMENT = (
    r"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    rf"[Tt]{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?([Zz]|[+-]{_CLOCK})$"
)
_CALENDAR_DAY = r"^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

# Control characters, lone surrogates, and the two separators that some readers take for the end
# of a line: none of them belongs in a name or a code, and all of them forge log lines.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


class StrictField(serializers.Field[Any, Any, Any, Any]):
    """The base: `read` decides, and DRF's entrance leads to it too.

    `read` keeps no state: one field serves every request and thread.
    """

    def read(self, value: Any) -> Any:
        """Return the value that is meant.

        Raises:
            Rejected: it isn't acceptable.
        """
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return what the field accepts, as JSON Schema."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self.read(data)
        except Rejected as rejection:
            raise InvalidInput(rejection.faults) from None

    def to_representation(self, value: Any) -> Any:
        return value


class StrictString(StrictField):
    """Text as it was sent: not blank, nothing at its ends to trim, no control characters.

    Args:
        max_length: in characters, not in bytes.
        min_length: likewise.
        pattern: what the whole text must match besides; it is shown in the documentation.
    """

    def __init__(
        self,
        *,
        max_length: int = 255,
        min_length: int = 1,
        pattern: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self.min_length = min_length
        self.pattern = pattern
        self._matches = re.compile(pattern).fullmatch if pattern else None

    def read(self, value: Any) -> str:
        if type(value) is not str:
            raise rejected("not_a_string", "This must be a string.")
        if not self.min_length <= len(value) <= self.max_length:
            self._refuse_length(value)
        if not value.isprintable() or value != value.strip():
            self._refuse_characters(value)
        if self._matches is not None and not self._matches(value):
            raise rejected("wrong_form", f"This must match {self.pattern}.")
        return value

    def _refuse_length(self, value: str) -> NoReturn:
        if not value:
            raise rejected("blank", "This must not be empty.")
        if len(value) > self.max_length:
            raise rejected("too_long", f"At most {self.max_length} characters.")
        raise rejected("too_short", f"At least {self.min_length} characters.")

    def _refuse_characters(self, value: str) -> None:
        if not value.strip():
            raise rejected("blank", "This must not be blank.")
        if value != value.strip():
            raise rejected("surrounding_space", "No white space at the beginning or the end.")
        if not _REFUSED_CATEGORIES.isdisjoint(map(unicodedata.category, value)):
            raise rejected("bad_characters", "No control characters, NUL or lone surrogates.")

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "pattern": f"^({self.pattern})$" if self.pattern else _TEXT,
        }


class ClientId(StrictString):
    """An id that the client made: 1 to 64 printable characters, no slash, no space at either end.

    Printable is what Python's `str.isprintable` says: letters, digits, marks, punctuation and
    symbols of any script and the plain space; no control or format characters, no other white
    space, no surrogates, no unassigned or private code points. Ids are compared as they stand:
    case counts, and nothing is normalised. They stand in addresses, so that `.` and `..` are none.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=ID_LENGTH_MAX, **options)

    def read(self, value: Any) -> str:
        text = super().read(value)
        if not is_segment(text):
            raise rejected(
                "not_a_segment", "No slash, and not . or .. alone: ids stand in addresses."
            )
        return text

    def _refuse_characters(self, value: str) -> None:
        super()._refuse_characters(value)
        raise rejected("bad_characters", "Printable characters only.")

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "pattern": _ID, "examples": ["ch-2025-06-0001"]}


class StrictInteger(StrictField):
    """A JSON number without a fraction or an exponent, within bounds that are always given."""

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(**options)
        self.min_value = min_value
        self.max_value = max_value

    def read(self, value: Any) -> int:
        # `type` and not `isinstance`: True is an int in Python and not in JSON.
        if type(value) is not int:
            raise rejected(
                "not_an_integer",
                "This must be a whole number: no quotes, fraction or exponent, at most 64 bits.",
            )
        if value < self.min_value:
            raise rejected("too_small", f"At least {self.min_value}.")
        if value > self.max_value:
            raise rejected("too_large", f"At most {self.max_value}.")
        return value

    def schema(self) -> dict[str, Any]:
        # int64 throughout would be true as well; the smaller word lets clients choose the type.
        bits = "int32" if max(-self.min_value, self.max_value) < 2**31 else "int64"
        return {
            "type": "integer",
            "format": bits,
            "minimum": self.min_value,
            "maximum": self.max_value,
        }


class IntegerText(StrictInteger):
    """The same in a query string, where everything is text: plain decimal digits."""

    def read(self, value: Any) -> int:
        if type(value) is not str or not _DIGITS.fullmatch(value):
            raise rejected("not_an_integer", "This must be a whole number in decimal digits.")
        return super().read(int(value))


class UuidText(StrictField):
    """An id that we made: a UUID in its usual form, in small letters or capitals."""

    def read(self, value: Any) -> UUID:
        if type(value) is not str or not _UUID.fullmatch(value):
            raise rejected("not_a_uuid", "This is not one of our ids.")
        return UUID(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid", "pattern": f"^{_UUID.pattern}$"}


class StrictBoolean(StrictField):
    """true or false, and nothing that could be taken for them."""

    def read(self, value: Any) -> bool:
        if value is True or value is False:
            return value
        raise rejected("not_a_boolean", "This must be true or false.")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class AmountField(StrictField):
    """Money as a decimal string such as "599.90", read as kopecks; more than zero.

    A string, because a JSON number would pass through floating point in many clients.
    """

    def read(self, value: Any) -> int:
        if type(value) is not str:
            raise rejected("not_a_string", 'An amount is a decimal string such as "599.90".')
        match = _AMOUNT.fullmatch(value)
        if match is None:
            _refuse_amount(value)
        whole, part = match.groups()
        minor = int(whole) * 100 + (int(part.ljust(2, "0")) if part else 0)
        if minor == 0:
            raise rejected("zero", "An amount must be more than zero.")
        if minor > AMOUNT_MINOR_MAX:
            raise rejected("too_large", f"At most {decimal_string(AMOUNT_MINOR_MAX)}.")
        return minor

    def to_representation(self, value: int) -> str:
        return decimal_string(value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "decimal",
            "pattern": _AMOUNTS,
            "maxLength": len(decimal_string(AMOUNT_MINOR_MAX)),
            "examples": ["599.90"],
        }


def _refuse_amount(value: str) -> NoReturn:
    """Say which of the usual mistakes this is."""
    match = _NUMBER.fullmatch(value)
    if match is not None and match[1] == "-":
        raise rejected("negative", "An amount must be more than zero, written without a sign.")
    if match is not None and match[2] and len(match[2]) > 2:
        raise rejected("too_many_decimals", "At most two decimals.")
    if match is not None and len(value) > 16:
        raise rejected("too_large", "The amount is too large.")
    raise rejected(
        "not_an_amount",
        'An amount is a plain decimal string such as "599.90": no sign, exponent, spaces or'
        " leading zeros.",
    )


class CurrencyField(StrictField):
    """The program's currency, in which every amount must be."""

    def read(self, value: Any) -> str:
        currency: str = settings.PROGRAM_CURRENCY
        if value != currency:
            if type(value) is not str:
                raise rejected("not_a_string", "This must be a string.")
            raise rejected("other_currency", f"The program's currency is {currency}.")
        return currency

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "const": settings.PROGRAM_CURRENCY}


class InstantField(StrictField):
    """A moment as RFC 3339 with its offset, to the microsecond; read as an aware UTC time."""

    def read(self, value: Any) -> datetime:
        if type(value) is not str:
            raise rejected("not_a_string", 'A moment is a string such as "2025-06-30T21:15:00Z".')
        match = _INSTANT.fullmatch(value)
        if match is None:
            _refuse_instant(value)
        second, fraction, offset = match.groups()
        if offset is None:
            raise rejected("offset_missing", "A moment needs its offset: Z, or such as +03:00.")
        if second == "60":
            raise rejected("leap_second", "Leap seconds can't be kept; send second 59.")
        if fraction is not None and len(fraction) > 6:
            raise rejected("too_precise", "At most six digits of a second.")
        try:
            at = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise rejected("no_such_day", "There is no such day in the calendar.") from None
        if at < _EPOCH:
            raise rejected("out_of_range", "A moment lies between the years 1970 and 9999.")
        return at

    def to_representation(self, value: datetime) -> str:
        return instant_text(value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "date-time",
            "pattern": _MOMENT,
            "examples": ["2025-06-30T21:15:00+03:00"],
        }


class PastInstantField(InstantField):
    """A moment that has come: as of one that is still to come nothing is known.

    A client's clock may be ahead of ours by as much as any fact of billing's may.
    """

    def read(self, value: Any) -> datetime:
        at = super().read(value)
        if at > datetime.now(UTC) + CLOCK_SKEW:
            raise rejected(
                "in_the_future", "This moment is still to come; leave it out for the present state."
            )
        return at


def _refuse_instant(value: str) -> NoReturn:
    if " " in value and _INSTANT.fullmatch(value.replace(" ", "+")):
        raise rejected("not_an_instant", "In a URL the + of an offset is written %2B.")
    raise rejected(
        "not_an_instant",
        'A moment is written as in RFC 3339, such as "2025-06-30T21:15:00+03:00".',
    )


def instant_text(at: datetime) -> str:
    """Return a moment as answers write it: RFC 3339 in UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class DateField(StrictField):
    """A calendar day as YYYY-MM-DD, from 1900 on."""

    def read(self, value: Any) -> date:
        if type(value) is not str:
            raise rejected("not_a_string", 'A day is a string such as "2025-06-30".')
        if not _DAY.fullmatch(value):
            raise rejected("not_a_date", 'A day is written as in "2025-06-30".')
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise rejected("no_such_day", "There is no such day in the calendar.") from None
        if day < _FIRST_DAY:
            raise rejected("out_of_range", "A day lies between the years 1900 and 9999.")
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "date",
            "pattern": _CALENDAR_DAY,
            "examples": ["2025-06-30"],
        }


class StrictChoice(StrictField):
    """One of a few words, written exactly so."""

    def __init__(self, choices: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.words = tuple(choices)
        self._words = frozenset(self.words)

    def read(self, value: Any) -> str:
        if type(value) is not str:
            raise rejected("not_a_string", "This must be a string.")
        if value not in self._words:
            choices = ", ".join(self.words)
            raise rejected("not_a_choice", f"One of: {choices}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}
