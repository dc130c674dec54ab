"""Devices: all spellings of one are one, and two handsets stay two."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.devices import normal_device
from accounts.policy.folding import luhn_digit

# Serial numbers of handsets that two bodies allocated.
HANDSETS = st.builds(
    "{}{:06d}{:06d}".format,
    st.sampled_from(["35", "86", "01", "49", "91"]),
    st.integers(0, 999_999),
    st.integers(0, 999_999),
)
SEPARATORS = st.sampled_from(["", " ", "-", "/", ".", "\u2011", "\u00a0"])


def spellings(handset: str, separator: str, version: str) -> list[str]:
    check = luhn_digit(handset)
    parts = separator.join((handset[:2], handset[2:8], handset[8:]))
    return [
        handset,
        handset + check,
        handset + "0",
        handset + version,
        parts,
        parts + separator + check,
        parts + separator + version,
        f"IMEI: {parts}{separator}{check}",
        f"imei {handset}{check} / {version}",
        f"IMEISV {handset}{version}",
        f"urn:gsma:imei:{handset[:8]}-{handset[8:]}-0;svn={version}",
        f"  {handset}{check}\t",
    ]


@given(handset=HANDSETS, separator=SEPARATORS, version=st.integers(0, 99))
def test_a_handset_is_one_however_its_imei_is_written(
    handset: str, separator: str, version: int
) -> None:
    written = spellings(handset, separator, f"{version:02d}")
    assert {normal_device(each) for each in written} == {handset}


@given(one=HANDSETS, other=HANDSETS, separator=SEPARATORS)
def test_two_handsets_are_two(one: str, other: str, separator: str) -> None:
    forms = [
        {normal_device(each) for each in spellings(handset, separator, "07")}
        for handset in (one, other)
    ]
    assert forms[0].isdisjoint(forms[1]) or one == other


@given(first=st.integers(10**15, 10**16 - 100), more=st.integers(1, 99))
def test_numbers_of_somebody_own_making_differ_in_their_last_digits(first: int, more: int) -> None:
    """Sixteen digits are an IMEI with a version only where an IMEI begins like that."""
    one, other = f"6{first % 10**15:015d}", f"6{(first + more) % 10**15:015d}"
    assert normal_device(one) != normal_device(other)


def test_a_wrong_check_digit_is_another_device() -> None:
    assert normal_device("352099001761481") == normal_device("35209900176148")
    assert normal_device("352099001761482") == "352099001761482"
    assert normal_device("35-209900-176148-2") == "352099001761482"


@given(st.uuids())
def test_a_uuid_is_one_however_it_is_written(value: UUID) -> None:
    text = str(value)
    written = [
        *(text, text.upper(), text.replace("-", ""), text.replace("-", "").upper()),
        *(f"{{{text}}}", f"{{{text.upper()}}}", f"urn:uuid:{text}", f"({text})", f" {text} "),
    ]
    assert {normal_device(each) for each in written} == {value.hex}


@given(st.integers(0, 2**48 - 1))
def test_a_mac_address_is_one_however_it_is_written(value: int) -> None:
    digits = f"{value:012x}"
    pairs = [digits[place : place + 2] for place in range(0, 12, 2)]
    written = [
        *(digits, digits.upper(), ":".join(pairs), "-".join(pairs), ":".join(pairs).upper()),
        ".".join((digits[:4], digits[4:8], digits[8:])),
    ]
    assert {normal_device(each) for each in written} == {digits}


@given(st.text(min_size=1, max_size=60))
def test_capitals_make_no_other_device(text: str) -> None:
    assert normal_device(normal_device(text)) == normal_device(text)
    if text.upper().lower() == text.lower() and text.isascii():
        assert normal_device(text.upper()) == normal_device(text.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("app-1-23", "app-12-3"),
        ("dev_1_11", "dev_11_1"),
        ("12-3", "1-23"),
        ("a-bc", "ab-c"),
        ("1:23:45", "12:34:5"),
    ],
)
def test_separators_that_tell_devices_apart_stay(one: str, other: str) -> None:
    assert normal_device(one) != normal_device(other)
