"""Pages that show rule sets: one version in words, and the difference between two."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from doors.admin.frame import frame
from doors.moments import moment_shown
from fraud.admin.rule_sets.curves import Picture, curve_said, picture_of
from fraud.admin.rule_sets.people import demand, may_approve, may_draft, may_try, may_withdraw
from fraud.admin.rule_sets.pictures import scale_of
from fraud.admin.rule_sets.tried import backtest_in_short, tried_of
from fraud.admin.rule_sets.wording import (
    CURVES,
    STATES,
    WEIGHTS,
    curve_meaning,
    effect_of,
    said,
    wording_of,
)
from fraud.models import RuleSetVersion
from fraud.policy.rule_set_changes import Item, changes_between, items_by_path
from fraud.policy.rulesets import RuleSet
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.policy.step_curves import StepCurve
from fraud.queries.rule_sets import (
    RuleSetCourse,
    rule_set_as_shown,
    rule_set_course,
    start_of,
)
from fraud.queries.shadow import ShadowSpan, shadow_span
from fraud.queries.trials import Tried
from kernel.two_persons import is_another

if TYPE_CHECKING:
    from fraud.admin.rule_sets.admin import RuleSetAdmin

# When the first rule set went live, which a migration brought.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Listed(NamedTuple):
    """What the list says of a version beside what its row holds."""

    state: str
    before: int | None
    changed: int
    tried: Any


class ItemRow(NamedTuple):
    """One item in words; `live` is empty where the live version says the same.

    Attributes:
        bar: of a weight.
        picture: of a learned curve.
    """

    name: Any
    meaning: Any
    counts: Any
    value: str
    is_idle: bool
    live: str
    bar: Any
    picture: Picture | None


class ChangeRow(NamedTuple):
    """One item that differs, in words."""

    section: Any
    name: Any
    old: str
    new: str
    effect: str
    meaning: Any


class Difference(NamedTuple):
    """What the newer of two versions changes."""

    old: int
    new: int
    rows: list[ChangeRow]


class Later(NamedTuple):
    """An approved rule set that starts later."""

    version: RuleSetVersion
    starts: str


def listed(course: RuleSetCourse, version: RuleSetVersion, trials: Sequence[Tried]) -> Listed:
    """A version's state, how much it changes, and what is known of it by trials."""
    before, rules = course.before(version), rules_of(version)
    tried = backtest_in_short(rules, trials)
    if before is None:
        return Listed(course.state_of(version), None, 0, tried)
    changes = changes_between(rules_of(before), rules)
    return Listed(course.state_of(version), before.number, len(changes), tried)


def list_head(course: RuleSetCourse) -> dict[str, Any]:
    """What is live, what runs beside it, and what waits for a second person."""
    rules = rules_of(course.live)
    weighty = [weight for weight in rules.weights.values() if weight]
    acting = [action for action in rules.actions.values() if action != "off"]
    proposed = [each for each in course.versions.values() if each.status == "proposed"]
    return {
        "live": course.live,
        "live_is_first": _is_first(course.live),
        "live_since": moment_shown(start_of(course.live)),
        "live_in_short": _(
            "Review from %(review)s, refusal from %(block)s; %(weights)s signals weigh, %(rules)s"
            " rules act."
        )
        % {
            "review": said("review_from", rules.review_from),
            "block": said("block_from", rules.block_from),
            "weights": len(weighty),
            "rules": len(acting),
        },
        "shadows": [each for each in proposed if each.shadow_since_at is not None],
        "waiting": proposed,
        "scheduled": scheduled_in(course),
        "numbers": list(course.versions),
    }


def version(admin: "RuleSetAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """One version by section, with what it changes and the steps that this user may take."""
    demand(admin.has_view_permission(request))
    course = rule_set_course(now=datetime.now(UTC))
    found = found_in(course, object_id)
    rules, live = rules_of(found), rules_of(course.live)
    before = course.before(found)
    span = shadow_of(found)
    context = {
        **frame(admin, request, found, str(found)),
        **standing(request, course, found),
        "span": span,
        "scale": scale_of(rules),
        "sections": in_words(rules, live),
        "difference": difference(before, found) if before is not None else None,
        "fault": rules.fault_for_approval(),
        "tried": tried_of(found),
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/version.html", context)


def compare(admin: "RuleSetAdmin", request: HttpRequest) -> HttpResponse:
    """The difference between any two versions; against the live one unless said otherwise."""
    demand(admin.has_view_permission(request))
    course = rule_set_course(now=datetime.now(UTC))
    old = _asked(request, "old", course) or course.live
    new = _asked(request, "new", course)
    context = {
        **frame(admin, request, None, _("Compare rule sets")),
        "numbers": list(course.versions),
        "live": course.live,
        "old": old.number,
        "new": new.number if new is not None else None,
        "difference": difference(old, new) if new is not None else None,
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/compare.html", context)


def standing(request: HttpRequest, course: RuleSetCourse, found: RuleSetVersion) -> dict[str, Any]:
    """A version's state, and what this user has to do with it."""
    state = course.state_of(found)
    drafts = may_draft(request)
    return {
        "version": found,
        "live": course.live,
        "is_first": _is_first(found),
        "state": state,
        "word": STATES[state],
        "starts": moment_shown(start_of(found)) if found.approved_at else "",
        "may_draft": drafts,
        "may_approve": may_approve(request),
        "may_withdraw": state == "scheduled" and may_withdraw(request, found),
        "may_roll_back": drafts and state == "approved",
        "is_own": not is_another(request.user.get_username(), (*found.authors, found.proposed_by)),
        "digest": rule_set_as_shown(found, course),
        "draft_address": f"{reverse('admin:fraud_rules_draft')}?from={found.number}",
        "backtest_address": f"{reverse('admin:fraud_trial_backtest')}?rule_set={found.number}"
        if may_try(request)
        else "",
    }


def scheduled_in(course: RuleSetCourse) -> list[Later]:
    """What starts later, in the order of the starts."""
    return [Later(each, moment_shown(start_of(each))) for each in course.scheduled]


def in_words(rules: RuleSet, live: RuleSet) -> list[tuple[Any, bool, list[ItemRow]]]:
    """The items by section, weights by how much they weigh; each beside its live value."""
    scale, usual = scale_of(rules), items_by_path(live)
    sections: dict[Any, list[tuple[Item, ItemRow]]] = {}
    for path, value in items_by_path(rules).items():
        words = wording_of(path)
        if words.section == CURVES and value is None and usual[path] is None:
            continue
        row = ItemRow(
            words.name,
            _meaning(path, value, words.meaning),
            _counts(path, words.counts, rules),
            said(path, value),
            value in (0, "off"),
            said(path, usual[path]) if usual[path] != value else "",
            scale.bar(_number(value)) if words.section == WEIGHTS else None,
            _picture(path, value),
        )
        sections.setdefault(words.section, []).append((value, row))
    return [(name, name == WEIGHTS, _in_order(name, rows)) for name, rows in sections.items()]


def _counts(path: str, own: Any, rules: RuleSet) -> Any:
    """How a value counts; a curve that was learnt takes the place of the signal's own."""
    group, _dot, name = path.partition(".")
    if group == "weights" and name in rules.curves:
        return _("Counts by a learned curve, which is drawn below.")
    return own


def _meaning(path: str, value: Item, words: Any) -> Any:
    """A curve's own steps say more than how one is typed."""
    if not isinstance(value, StepCurve):
        return words
    return curve_said(SIGNALS[path.partition(".")[2]], value)


def _picture(path: str, value: Item) -> Picture | None:
    if not isinstance(value, StepCurve):
        return None
    return picture_of(SIGNALS[path.partition(".")[2]], value)


def _number(value: Item) -> Decimal:
    assert not isinstance(value, StepCurve), "a curve is no number"
    return Decimal(value or 0)


def difference(old: RuleSetVersion, new: RuleSetVersion) -> Difference | None:
    """What the newer version changes, in words; None between a version and itself."""
    if old.number == new.number:
        return None
    rows = []
    for change in changes_between(rules_of(old), rules_of(new)):
        words = wording_of(change.path)
        old_said, new_said = said(change.path, change.old), said(change.path, change.new)
        effect, meaning = effect_of(change), words.meaning
        if words.section == CURVES:
            meaning = curve_meaning(*change)
        row = ChangeRow(words.section, words.name, old_said, new_said, effect, meaning)
        rows.append(row)
    return Difference(old.number, new.number, rows)


def rules_of(found: RuleSetVersion) -> RuleSet:
    """What a version says."""
    return RuleSet.from_content(found.content)


def shadow_of(found: RuleSetVersion) -> ShadowSpan | None:
    """When a version assessed in shadow as it stands now; None if it never did."""
    if found.proposed_at is None:
        return None
    return shadow_span(number=found.number, since=found.proposed_at)


def found_in(course: RuleSetCourse, number: Any) -> RuleSetVersion:
    """The version of this number.

    Raises:
        Http404: there is none.
    """
    for known, found in course.versions.items():
        if str(known) == str(number):
            return found
    raise Http404


def _is_first(found: RuleSetVersion) -> bool:
    return found.approved_at is not None and found.approved_at <= BEGINNING


def _in_order(section: Any, rows: list[tuple[Item, ItemRow]]) -> list[ItemRow]:
    if section == WEIGHTS:
        rows = sorted(rows, key=lambda each: -_number(each[0]))
    return [row for _value, row in rows]


def _asked(request: HttpRequest, name: str, course: RuleSetCourse) -> RuleSetVersion | None:
    given = request.GET.get(name, "")
    return next((each for number, each in course.versions.items() if str(number) == given), None)
