"""Every text that people read has its Russian, and nothing waits to be gathered."""

import re
from pathlib import Path

import polib
import pytest

from config.local.messages import GATHERED, gathered_texts
from doors.api.problems import KINDS, refusals
from doors.policy_texts import TEXTS
from fraud.policy.features import FEATURES
from fraud.policy.rules import RULES
from fraud.policy.signals import SIGNALS
from kernel.refusals import Refusal

SOURCE = Path("locale/ru/LC_MESSAGES/django.po")
PLACE = re.compile(r"%\(\w+\)\d*[sd]")


@pytest.fixture(scope="module")
def russian() -> polib.POFile:
    return polib.pofile(str(SOURCE))


def test_everything_is_translated_and_read(russian: polib.POFile) -> None:
    wanting = [*russian.untranslated_entries(), *russian.fuzzy_entries()]
    assert [entry.msgid for entry in wanting] == []


def test_plurals_have_three_forms(russian: polib.POFile) -> None:
    assert "nplurals=3" in russian.metadata["Plural-Forms"]
    forms = {len(entry.msgstr_plural) for entry in russian if entry.msgid_plural}
    assert forms == {3}


def test_places_are_those_of_the_english(russian: polib.POFile) -> None:
    for entry in russian:
        if entry.msgid_plural:
            # "One case" needs no figure; the form for many does.
            allowed = set(PLACE.findall(entry.msgid + entry.msgid_plural))
            for said in entry.msgstr_plural.values():
                assert set(PLACE.findall(said)) <= allowed, said
            assert set(PLACE.findall(entry.msgstr_plural[2])) == allowed, entry.msgid
        else:
            said = sorted(set(PLACE.findall(entry.msgstr)))
            assert said == sorted(set(PLACE.findall(entry.msgid))), entry.msgid


def test_what_is_compiled_is_what_is_written(russian: polib.POFile) -> None:
    compiled = polib.mofile(str(SOURCE.with_suffix(".mo")))
    assert {_content(entry) for entry in compiled} == {_content(entry) for entry in russian}


def test_texts_of_policies_are_gathered() -> None:
    """`make messages` gathers them, and says what is still to be translated."""
    gathered = {text for part in gathered_texts().values() for text in part}
    assert gathered == set(TEXTS), f"{GATHERED.name} is not up to date"


def test_every_title_is_gathered() -> None:
    ours = [each for each in refusals(Refusal) if not each.__module__.startswith("tests.")]
    titles = {each.title for each in ours} | {kind.title for kind in KINDS.values()}
    titles |= {rule.title for rule in RULES}
    titles |= {text for signal in SIGNALS for text in (signal.title, signal.meaning, signal.unit)}
    titles |= {text for feature in FEATURES for text in (feature.title, feature.unit)}
    assert titles <= set(TEXTS)


def _content(entry: polib.POEntry) -> tuple[str, ...]:
    plural = (entry.msgid_plural, *(entry.msgstr_plural[n] for n in sorted(entry.msgstr_plural)))
    return (entry.msgctxt or "", entry.msgid, entry.msgstr, *plural)
