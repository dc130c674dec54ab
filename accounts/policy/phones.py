"""Phone numbers: which ones exist, and the one form of each."""

import re
from collections.abc import Sequence

import phonenumbers

# Spaces (also those that don't break), hyphens and dashes, dots, parentheses and slashes.
_SEPARATORS = " \u00a0\u2007\u2009\u202f-\u2010\u2011\u2012\u2013\u2014\u2212.()/"
_WITHOUT_SEPARATORS = str.maketrans("", "", _SEPARATORS)
_DIGITS = re.compile(r"\+?[0-9]{2,20}")
# E.164 allows 15 digits.
_TEST_NUMBER = re.compile(r"\+[0-9]{8,15}")


def normal_msisdn(value: str, region: str, test_ranges: Sequence[str] = ()) -> str:
    """A phone number in E.164 form, "+79161234567".

    A number with a + must exist in its country, one without in `region`: a number that lost a
    digit would otherwise be read as one of another country. Nothing but digits and separators is
    read, because `phonenumbers` takes letters for the keys that they stand on.

    Args:
        region: the operator's country.
        test_ranges: how numbers begin, "+7000", that no country has and are accepted all the
            same.

    Raises:
        ValueError: it is no such number; the words don't repeat it.
    """
    digits = value.translate(_WITHOUT_SEPARATORS)
    if not _DIGITS.fullmatch(digits):
        raise ValueError("A phone number has digits, separators and at most a + at its beginning.")
    number = _parsed(digits, region)
    written = digits if number is None else _e164(number)
    if written.startswith(tuple(test_ranges)) and _TEST_NUMBER.fullmatch(written):
        return written
    if digits.startswith("+"):
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValueError("No country has this phone number.")
    elif number is None or not phonenumbers.is_valid_number_for_region(number, region):
        raise ValueError("Without a + this must be a phone number of the operator's country.")
    return written


def possible_msisdn(value: str, region: str) -> str | None:
    """The number that a person may mean who looks for one, also one that doesn't exist.

    Numbers that nobody has were kept before they were refused.
    """
    digits = value.translate(_WITHOUT_SEPARATORS)
    number = _parsed(digits, region) if _DIGITS.fullmatch(digits) else None
    if number is None:
        return digits if _TEST_NUMBER.fullmatch(digits) else None
    return _e164(number) if phonenumbers.is_possible_number(number) else None


def msisdn_country(msisdn: str) -> str:
    """The ISO code of the country of an E.164 number, empty where it has none."""
    number = _parsed(msisdn, "")
    region = number and phonenumbers.region_code_for_number(number)
    # Satellite and toll-free numbers belong to the whole world.
    return region if region and region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else ""


def _parsed(digits: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
