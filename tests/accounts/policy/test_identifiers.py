"""Equal identifiers have one normal form, and nothing but a digest and a hint is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.identifiers import KEPT_KINDS, identifier_digest, normal_identifier

KEYS = {1: "an old key", 2: "a new key"}


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("passport", " 4510 123456 ", "4510123456"),
        ("passport", "ab 12", "AB12"),
        ("passport", "４５１０ 123456", "4510123456"),
        ("card", " tok_A ", "tok_A"),
        ("passport", "45 10 №123456", "4510123456"),
        ("passport", "4510-123456", "4510123456"),
        ("device", " Dev-1 ", "dev-1"),
        ("ip", " 192.0.2.1 ", "192.0.2.1"),
        ("ip", "2001:DB8:0:0::1", "2001:db8::/64"),
        ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
        ("email", " Ann@Example.COM ", "ann@example.com"),
        ("email", "a@b@c", "a@b@c"),
        ("mailbox", "Ann+shop@Example.COM", "ann@example.com"),
        ("address", "  Lenina  St,\n 1 ", "lenina st, 1"),
        ("address", "Cafe\u0301 1", "caf\u00e9 1"),
    ],
)
def test_a_normal_form(kind: str, written: str, normal: str) -> None:
    assert normal_identifier(kind, written, "RU") == normal


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("passport", "  "),
        ("card", ""),
        ("device", " \t"),
        ("address", "\n"),
        ("ip", "1.2.3"),
        ("ip", "256.1.1.1"),
        ("email", "ann"),
        ("email", "@example.com"),
        ("email", "ann@"),
        ("phone", "x"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        normal_identifier(kind, written, "RU")


WRITTEN = st.text("abzABZ019 -_.@,/№абвёйАБВЁЙßéÉ４５\t\n")


@given(
    kind=st.sampled_from(["passport", "card", "device", "email", "mailbox", "address"]),
    value=WRITTEN,
)
def test_a_normal_form_is_its_own(kind: str, value: str) -> None:
    try:
        normal = normal_identifier(kind, value, "RU")
    except ValueError:
        return
    assert normal_identifier(kind, normal, "RU") == normal


def test_a_digest_depends_on_the_kind_the_value_and_the_key() -> None:
    digests = {
        identifier_digest(kind, value, KEYS, key).digest
        for kind in KEPT_KINDS
        for value in ("a@b", "a@c")
        for key in KEYS
    }
    assert len(digests) == len(KEPT_KINDS) * 2 * len(KEYS)
    assert all(len(digest) == 32 for digest in digests)


@given(kind=st.sampled_from(KEPT_KINDS), value=st.text(min_size=5))
def test_a_hint_never_shows_the_value(kind: str, value: str) -> None:
    if kind in ("email", "mailbox"):
        value = f"{value.replace('@', '')}x@example.com"
    kept = identifier_digest(kind, value, KEYS, 2)
    assert len(kept.hint) <= 24
    assert value not in kept.hint
    assert kept.key_id == 2


@pytest.mark.parametrize(
    ("kind", "normal", "hint"),
    [
        ("phone", "+79161234567", "…4567"),
        ("passport", "4510123456", "…56"),
        ("ip", "192.0.2.17", "…17"),
        ("ip", "2001:db8:1:2::/64", "…:1:2"),
        ("ip", "2001:db8:1234:5678::/64", "…5678"),
        ("mailbox", "ann@example.com", "a…@e…"),
        ("email", "ann@example.com", "a…@e…"),
    ],
)
def test_a_hint_is_short(kind: str, normal: str, hint: str) -> None:
    assert identifier_digest(kind, normal, KEYS, 1).hint == hint
