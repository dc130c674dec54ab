"""What an auditor reads of a change."""

import pytest

from audit.policy.differences import Difference, differences


def test_a_value_that_stays_is_not_told() -> None:
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3}) == [Difference("b", 2, 3)]


def test_json_is_compared_value_by_value() -> None:
    before = {"content": {"caps": {"month": 500, "year": 3000}, "rate": "1"}}
    after = {"content": {"caps": {"month": 600, "year": 3000}, "rate": "1"}}
    assert differences(before, after) == [Difference("content.caps.month", 500, 600)]


def test_a_list_of_words_is_one_value_and_a_list_of_objects_is_not() -> None:
    before = {"scopes": ["a"], "parts": [{"n": 1}, {"n": 2}]}
    after = {"scopes": ["a", "b"], "parts": [{"n": 1}, {"n": 3}]}
    assert differences(before, after) == [
        Difference("scopes", ["a"], ["a", "b"]),
        Difference("parts.2.n", 2, 3),
    ]


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_what_is_empty_does_not_differ_from_what_is_absent(nothing: object) -> None:
    assert differences({"a": nothing}, {}) == []


def test_false_and_zero_are_values() -> None:
    assert differences({"a": False, "b": 0}, {}) == [
        Difference("a", False, None),
        Difference("b", 0, None),
    ]


def test_a_row_that_came_or_went_is_told_whole() -> None:
    assert differences(None, {"a": 1}) == [Difference("a", None, 1)]
    assert differences({"a": 1}, None) == [Difference("a", 1, None)]
