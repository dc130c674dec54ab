"""Codes: made of what nobody mistakes, and read however they are typed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from referrals.policy.codes import ALPHABET, LENGTH, new_code, normal_code, shown_code

codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


def test_no_letter_is_mistaken_for_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    assert not set(ALPHABET) & set("01OILU")
    assert ALPHABET.isascii()
    assert ALPHABET.upper() == ALPHABET


def test_new_codes_are_of_the_alphabet_and_differ() -> None:
    made = {new_code() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code) for code in made)
    assert {letter for code in made for letter in code} == set(ALPHABET)


@given(code=codes)
def test_a_code_is_shown_in_two_groups(code: str) -> None:
    assert shown_code(code) == f"{code[:4]}-{code[4:]}"
    assert normal_code(shown_code(code)) == code


@given(
    code=codes,
    gaps=st.lists(st.text(" -\t\n\u00a0", max_size=3), min_size=LENGTH + 1, max_size=LENGTH + 1),
    lower=st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH),
)
def test_a_code_is_read_however_it_was_typed(code: str, gaps: list[str], lower: list[bool]) -> None:
    letters = [c.lower() if low else c for c, low in zip(code, lower, strict=True)]
    typed = "".join(gap + letter for gap, letter in zip(gaps, [*letters, ""], strict=True))
    assert normal_code(typed) == code


@given(text=st.text(max_size=20))
def test_a_normal_form_stays_as_it_is(text: str) -> None:
    assert normal_code(normal_code(text)) == normal_code(text)
