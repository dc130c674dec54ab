"""Equal meanings have equal fingerprints, and others have others."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.fingerprints import fingerprint

MEANINGS = st.lists(st.one_of(st.text(), st.integers(), st.binary(), st.none()), max_size=4)


@given(one=MEANINGS, other=MEANINGS)
def test_two_fingerprints_are_equal_exactly_if_the_meanings_are(
    one: list[str | int | bytes | None], other: list[str | int | bytes | None]
) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)
    assert fingerprint(*one) == fingerprint(*one)


def test_values_never_run_into_each_other() -> None:
    alike = [
        ("a", "b"),
        ("ab",),
        ("a, b",),
        ("a", "b", None),
        (b"a", "b"),
        (1, "1"),
        ("1", 1),
        (11,),
    ]
    assert len({fingerprint(*meaning) for meaning in alike}) == len(alike)


def test_a_fingerprint_is_sixteen_bytes_for_ever() -> None:
    assert fingerprint("charge", 100, None).hex() == "038d503d7975dc23865964467cf59499"
