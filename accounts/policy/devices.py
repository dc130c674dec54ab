"""Devices: one form for all spellings of an IMEI, a UUID, a MAC address or another name.

An IMEI's first 14 digits are the handset. The 15th is a check digit, or the 0 that networks send
in its place; an IMEISV has two digits of the software's version instead, which an update changes
(3GPP TS 23.003, 6.2). Separators are dropped only where they can't tell two devices apart:
"app-1-23" and "app-12-3" stay two names.
"""

import re

from accounts.policy.folding import folded, luhn_digit

# Bodies that allocate IMEIs (GSMA TS.06, annex A). Other numbers of 14 to 17 digits are somebody's
# own numbering, and may differ in their last digits only.
_ALLOCATED_BY = frozenset(
    ("01", "30", "33", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99")
)
_HANDSET = 14

_NUMBER = re.compile(
    r"(?:(?:urn:gsma:)?(?:imeisv|imei|meid)(?:\s?[12](?=[\s:=]))?[\s:=#-]*)?"
    r"([0-9][0-9\s./,_\u2010-\u2014-]*)(?:;svn=[0-9]{2})?"
)
_HEXADECIMAL = re.compile(
    r"(?:urn:)?(?:uuid:)?[{(]?(?P<written>[0-9a-f](?:[0-9a-f\s:.\u2010-\u2014-]*[0-9a-f])?)[})]?"
)
_MAC = re.compile(
    r"[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?:\1[0-9a-f]{2}\1[0-9a-f]{2})?"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}"
)
_NOT_HEXADECIMAL = re.compile(r"[^0-9a-f]")
# Of UUIDs, of what iPhones have, of SHA-1 and SHA-256: nobody's differ in their separators.
_LONG = (24, 32, 40, 64)


def normal_device(value: str) -> str:
    """The one form of a device's identifier; empty where nothing is left."""
    text = " ".join(folded(value).split())
    if (number := _NUMBER.fullmatch(text)) and (found := _handset(number[1])):
        return found
    if written := _HEXADECIMAL.fullmatch(text):
        digits = _NOT_HEXADECIMAL.sub("", written["written"])
        if len(digits) in _LONG or _MAC.fullmatch(written["written"]):
            return digits
    return text


def _handset(written: str) -> str | None:
    """The digits that name a handset; of a number that is no IMEI all, of a short one none."""
    digits = "".join(each for each in written if each in "0123456789")
    if len(digits) < _HANDSET:
        return None
    handset, rest = digits[:_HANDSET], digits[_HANDSET:]
    if digits[:2] not in _ALLOCATED_BY:
        return digits
    check = luhn_digit(handset)
    is_imei = rest in ("", "0", check)
    # The version follows the 14 digits, or what a screen shows as "352099001761481 / 01".
    has_version = len(rest) == 2 or (len(rest) == 3 and rest[0] == check)
    return handset if is_imei or has_version else digits
