"""JSON documents whose objects name a member twice, which parsers read without a word."""

import json
import re
from collections import Counter
from typing import Any

# A colon follows its member's name, or white space after the name. The same pairs may also stand
# in a text, so that counting them can say too much and never too little.
_BEFORE_COLON = (b'":', b" :", b"\n:", b"\t:", b"\r:")
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# A name as programs give them; anything else might be a value, and is not repeated.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", re.ASCII)


def has_repeated_member(text: bytes, document: Any) -> bool:
    """Return whether any object of a JSON text names a member twice.

    A parser that keeps one of the two leaves fewer members in the document than the text has.
    Names are equal once their escapes are read: `"a"` is `"\\u0061"`.

    Args:
        text: valid JSON in UTF-8.
        document: the text as it was parsed.
    """
    if b":" not in text:
        return False
    kept = _member_count(text, document)
    if sum(map(text.count, _BEFORE_COLON)) == kept:
        return False
    return _STRING.sub(b"", text).count(b":") != kept


def repeated_member(text: bytes) -> str:
    """Return the first repeated name of a text that has one; empty if it doesn't look like a name.

    Args:
        text: valid JSON in UTF-8, not deeper than the interpreter's recursion.
    """
    found: list[str] = []

    def note(members: list[tuple[str, Any]]) -> None:
        counted = Counter(name for name, _ in members)
        found.extend(name for name, times in counted.items() if times > 1)

    try:
        json.loads(text, object_pairs_hook=note)
    except RecursionError:
        return ""
    name = found[0] if found else ""
    return name if _NAME.fullmatch(name) else ""


def _member_count(text: bytes, document: Any) -> int:
    """Count the members of all objects, level by level, until every object was met."""
    count, objects = 0, text.count(b"{")
    level = [document]
    while level:
        met = [part for part in level if type(part) is dict]
        count += sum(map(len, met))
        objects -= len(met)
        if objects == 0:
            break
        lists = [part for part in level if type(part) is list]
        level = [part for each in met for part in each.values()]
        for each in lists:
            level += each
    return count
