"""What begins later: scheduled terms and rule sets, announced on the admin's first page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from doors.moments import moment_shown
from fraud.admin.rule_sets import pages as rule_sets
from fraud.queries.rule_sets import rule_set_course, start_of
from loyalty.admin.terms import pages as terms

CHANGES_SHOWN = 5


class Change(NamedTuple):
    """An item that will be another one."""

    name: Any
    old: str
    new: str


class Announced(NamedTuple):
    """Something that begins later, and what it will change.

    Attributes:
        more: how many changes are not shown.
    """

    sentence: str
    link: str
    changes: Sequence[Change]
    more: int


def announced(request: HttpRequest, *, now: datetime) -> list[Announced]:
    """What begins later, as far as this user may read it."""
    found: list[Announced] = []
    if request.user.has_perm("loyalty.view_termsversion"):
        found += _terms(now)
    if request.user.has_perm("fraud.view_rulesetversion"):
        found += _rule_sets(now)
    return found


def _terms(now: datetime) -> list[Announced]:
    said = _("From %(moment)s version %(number)s of the terms is in force.")
    return [
        _announced(
            said % {"moment": later.begins, "number": later.version.number},
            reverse("admin:loyalty_termsversion_change", args=[later.version.number]),
            terms.difference(terms.before(later.version), terms.numbered(later.version.number)),
        )
        for later in terms.scheduled(now)
    ]


def _rule_sets(now: datetime) -> list[Announced]:
    said = _("From %(moment)s rule set %(number)s screens.")
    course = rule_set_course(now=now)
    return [
        _announced(
            said % {"moment": moment_shown(start_of(version)), "number": version.number},
            reverse("admin:fraud_rulesetversion_change", args=[version.number]),
            rule_sets.difference(course.before(version) or course.live, version),
        )
        for version in course.scheduled
    ]


def _announced(sentence: str, link: str, difference: Any) -> Announced:
    rows = difference.rows if difference is not None else []
    shown = [Change(row.name, row.old, row.new) for row in rows[:CHANGES_SHOWN]]
    return Announced(sentence, link, shown, len(rows) - len(shown))
