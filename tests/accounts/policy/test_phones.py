"""Phone numbers: the ones that exist, in one form; nothing that nobody sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.identifiers import normal_identifier
from accounts.policy.phones import msisdn_country, normal_msisdn, possible_msisdn


@pytest.mark.parametrize(
    "written",
    [
        "+79161234567",
        "8 (916) 123-45-67",
        "89161234567",
        "9161234567",
        "+7 916 123 45 67",
        "7.916.123.45.67",
        "+7\u00a0916\u00a0123\u201345\u201167",
        "(916) 123/45/67",
    ],
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert normal_msisdn(written, "RU") == "+79161234567"
    assert normal_identifier("phone", written, "RU") == "+79161234567"


@pytest.mark.parametrize(
    "written",
    [
        *("", "abc", "12", "+7916123456789012", "++", "+", "-", "( )"),
        # Hidden digits, and letters, which stand on keys.
        *("+7916123XXXX", "+7916123xxxx", "+7916123****", "+7916123____", "+7 916 123-??-??"),
        *("8916FLOWERS", "8-800-TENURE1", "+7916123456O", "+7916l234567"),
        # Extensions, lists, and what else is beside a number.
        *("+79161234567#5", "+79161234567 ext 5", "89161234567 доб. 5", "+79161234567;ext=5"),
        *("+79161234567, +79161234568", "tel:+79161234567", "+7+9161234567", "79161234567+"),
        # Other digits than 0 to 9 are no number that billing's other systems would find.
        *("８９１６１２３４５６７", "٨٩١٦١٢٣٤٥٦٧", "+7916123456\u06f7", "８(916)1234567"),
        # A digit is missing, or one too many.
        *("+7916123456", "916123456", "8916123456", "7916123456", "+791612345678", "91612345678"),
        # Nobody has such numbers.
        *("+70000000000", "+71234567890", "+79", "+999123456789", "0000000000", "112"),
        # Of other countries: only with a +.
        *("375291234567", "87011234567", "7011234567", "12025550123", "810375291234567"),
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="phone number") as refused:
        normal_msisdn(written, "RU")
    assert not written.strip("+-( )") or written not in str(refused.value)


@pytest.mark.parametrize("written", ["+77011234567", "+375291234567", "+12025550123"])
def test_a_number_of_another_country_is_written_with_a_plus(written: str) -> None:
    assert normal_msisdn(written, "RU") == written


@given(national=st.integers(9_000_000_000, 9_999_999_999), lost=st.integers(0, 10))
def test_a_number_that_lost_a_digit_is_never_another_one(national: int, lost: int) -> None:
    whole = f"8{national}"
    shorter = whole[:lost] + whole[lost + 1 :]
    # Without the trunk prefix it is the same number; that is lost alone for all its digits.
    expected = f"+7{national}" if shorter == str(national) else None
    try:
        found = normal_msisdn(shorter, "RU")
    except ValueError:
        return
    assert found == expected or found == f"+7{shorter}"
    assert len(found) == 12


@given(st.text(max_size=20))
def test_whatever_is_accepted_has_digits_only(text: str) -> None:
    try:
        found = normal_msisdn(text, "RU")
    except ValueError:
        return
    assert found[0] == "+"
    assert found[1:].isascii()
    assert found[1:].isdecimal()


def test_test_ranges_are_accepted_where_they_are_named() -> None:
    ranges = ("+7000", "+99900")
    for written in ("+70001234567", "+999001234567"):
        assert normal_msisdn(written, "RU", ranges) == written
        with pytest.raises(ValueError, match="phone number"):
            normal_msisdn(written, "RU")
    assert normal_msisdn("8 (000) 123-45-67", "RU", ranges) == "+70001234567"
    for written in ("+7000123XXXX", "+7000", "+70011234567", "+70001234567890123"):
        with pytest.raises(ValueError, match="phone number"):
            normal_msisdn(written, "RU", ranges)


@pytest.mark.parametrize(
    ("msisdn", "country"),
    [
        ("+79161234567", "RU"),
        ("+77011234567", "KZ"),
        ("+375291234567", "BY"),
        ("+88213123456", ""),
        ("+999001234567", ""),
    ],
)
def test_the_country_of_a_number(msisdn: str, country: str) -> None:
    assert msisdn_country(msisdn) == country


def test_numbers_that_were_kept_before_are_still_looked_for() -> None:
    assert possible_msisdn("8 (000) 123-45-67", "RU") == "+70001234567"
    assert possible_msisdn("+79161234567", "RU") == "+79161234567"
    for typed in ("S-1001", "12", "ring-0001"):
        assert possible_msisdn(typed, "RU") is None
