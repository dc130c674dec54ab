"""Texts of pure policies in the reader's language.

Policies write English and know of no language, and some of what they write is kept with the row
that it explains. Doors translate where it is shown: the whole sentence if the catalogue has it,
otherwise by the template (`doors.policy_texts`) that it was made from.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.formats import get_format
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext

from doors.policy_texts import TEXTS

_PLACE = re.compile(r"%\((\w+)\)s")
_DECIMAL = re.compile(r"([+-]?\d+)\.(\d+)")
# The end of one sentence and the beginning of the next.
_BETWEEN = re.compile(r"(?<=\.) (?=[A-Z])")
# Sentences on a row or a body stand after the place that they are about: "/amount: At least 1."
_PLACED = re.compile(r"(/[^\s:]*|\(row\)): (.+)", re.DOTALL)
_BETWEEN_PLACED = re.compile(r"(?<=\.) (?=(?:/[^\s:]*|\(row\)): )")
# Parts of sentences that name members, columns and values as machines write them.
_AS_WRITTEN = frozenset({"unknown", "missing", "repeated", "choices"})
# Sentences hold texts of their own, no deeper than this.
_DEPTH_MAX = 3


class _Template(NamedTuple):
    text: str
    pattern: re.Pattern[str]


def translated(text: str) -> str:
    """Return a text that a policy wrote, in the language of the moment.

    A text that nobody has translated is returned as it is: the catalogue's test finds it.
    """
    if get_language() == settings.LANGUAGE_CODE:
        return text
    return _translated(text, _DEPTH_MAX)


def _translated(text: str, depth: int) -> str:
    found = gettext(text) if text else text
    if found != text or not depth:
        return found
    if _PLACED.fullmatch(text):
        return " ".join(_placed(each, depth - 1) for each in _BETWEEN_PLACED.split(text))
    for template in _templates():
        if match := template.pattern.fullmatch(text):
            return _filled(gettext(template.text), match.groupdict(), depth - 1)
    sentences = _BETWEEN.split(text)
    if len(sentences) == 1:
        return text
    return " ".join(_translated(sentence, depth - 1) for sentence in sentences)


def _placed(text: str, depth: int) -> str:
    match = _PLACED.fullmatch(text)
    return f"{match[1]}: {_translated(match[2], depth)}" if match else _translated(text, depth)


def _filled_now(text: str, **parts: object) -> str:
    return gettext(text) % parts


# A text with places that a module fills while it is loaded, before anybody's language is known.
filled = lazy(_filled_now, str)


def _filled(template: str, parts: Mapping[str, str], depth: int) -> str:
    said = {
        name: each if name in _AS_WRITTEN else _part(each, depth) for name, each in parts.items()
    }
    return _PLACE.sub(lambda place: said[place[1]], template)


def _part(text: str, depth: int) -> str:
    """What stands in a sentence: a sentence, a list of words, or a number."""
    whole = _translated(text, depth)
    if whole != text:
        return whole
    return ", ".join(_word(each) for each in text.split(", "))


def _word(text: str) -> str:
    """A word, and the number that may follow it."""
    if _DECIMAL.fullmatch(text):
        return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))
    words, space, number = text.rpartition(" ")
    if space and _DECIMAL.fullmatch(number):
        return f"{_word(words)} {_word(number)}"
    plain = text.replace("_", " ")
    found = gettext(plain) if plain else plain
    return found if found != plain else text


@cache
def _templates() -> Sequence[_Template]:
    """The texts with places, those with most words of their own first."""
    texts = sorted((t for t in TEXTS if "%(" in t), key=lambda t: -len(_PLACE.sub("", t)))
    return [_Template(text, _pattern(text)) for text in texts]


def _pattern(text: str) -> re.Pattern[str]:
    """What a template's sentences look like: each place holds at least a character."""
    parts = _PLACE.split(text)
    names, literals = parts[1::2], parts[::2]
    written = re.escape(literals[0])
    for name, literal in zip(names, literals[1:], strict=True):
        # Only the end of a text may hold whole sentences; what stands within one is a part of it.
        place = r"(?:(?!\. [A-Z]).)+?" if literal else ".+?"
        written += f"(?P<{name}>{place}){re.escape(literal)}"
    return re.compile(written, re.DOTALL)
