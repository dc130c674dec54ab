"""A name that stands twice is found, however the text is written, and nothing else is."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from kernel.json_text import has_repeated_member, repeated_member

_NAMES = st.sampled_from(["a", "b", 'a":', "{", ":", "", "\\", "ы", "\U0001f600"])
_PAIRS = st.recursive(
    st.one_of(st.text(max_size=4), _NAMES, st.integers(-9, 9), st.none()),
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.lists(st.tuples(_NAMES, below), max_size=4).map(lambda pairs: ("object", pairs)),
    ),
    max_leaves=12,
)


def written(value: Any, colon: str, *, ascii_only: bool) -> str:
    if isinstance(value, tuple):
        members = (
            json.dumps(name, ensure_ascii=ascii_only)
            + colon
            + written(part, colon, ascii_only=ascii_only)
            for name, part in value[1]
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(part, colon, ascii_only=ascii_only) for part in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


def repeats(value: Any) -> bool:
    if isinstance(value, tuple):
        names = [name for name, _ in value[1]]
        return len(names) != len(set(names)) or any(repeats(part) for _, part in value[1])
    return isinstance(value, list) and any(map(repeats, value))


@given(_PAIRS, st.sampled_from([":", " : ", "\n:", "\t:\r", "\r:"]), st.booleans())
def test_it_is_found_wherever_it_stands(value: Any, colon: str, ascii_only: bool) -> None:
    text = written(value, colon, ascii_only=ascii_only).encode()
    assert has_repeated_member(text, orjson.loads(text)) == repeats(value)


def test_its_name_is_told_if_it_looks_like_one() -> None:
    assert repeated_member(b'{"x":{"amount":1,"amount":2}}') == "amount"
    assert repeated_member(b'{"+79161234567":1,"+79161234567":2}') == ""
    assert repeated_member(b'{"a":' * 5000 + b"1" + b"}" * 5000) == ""
