"""Draft, propose, try in shadow, approve and withdraw versions of the rule set."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from fraud import news
from fraud.models import RuleSetVersion
from fraud.policy.rulesets import (
    RuleSet,
    RuleSetIncomplete,
    RuleSetIsFixed,
    RuleSetNeedsSecondPerson,
    RuleSetNotInShadow,
    RuleSetNotProposed,
    RuleSetNotScheduled,
    RuleSetStartsInThePast,
    UnknownRuleSet,
)
from fraud.queries.rule_sets import (
    RuleSetCourse,
    rule_set_as_shown,
    rule_set_course,
    start_of,
)
from kernel.two_persons import demand_read, is_another, with_author
from outbox.operations import publish
from trail.acting import acting

_TICK = timedelta(microseconds=1)
_PROPOSAL = ["status", "proposed_at", "proposed_by"]
_SHADOW = ["shadow_since_at", "shadow_since_by"]


@transaction.atomic
def draft_rules(*, content: Mapping[str, Any], note: str, by: str) -> RuleSetVersion:
    """Make a new draft, numbered after the last version; what is absent has its default.

    Args:
        by: its author, who never approves it.

    Raises:
        InvalidRuleSet: the content can't be a rule set.
    """
    whole = RuleSet.from_content(content).content()
    # Who drafts at the same time waits here, and then finds the version that was made meanwhile.
    RuleSetVersion.objects.select_for_update(no_key=True).order_by("number").first()
    last = RuleSetVersion.objects.order_by("-number").first()
    number = last.number + 1 if last is not None else 1
    with acting(by=by, reason=note):
        return RuleSetVersion.objects.create(number=number, content=whole, note=note, authors=[by])


@transaction.atomic
def change_draft(*, number: int, content: Mapping[str, Any], note: str, by: str) -> RuleSetVersion:
    """Replace what a draft says.

    Args:
        by: one more of its authors, who never approves it.

    Raises:
        UnknownRuleSet, RuleSetIsFixed: there is no such draft.
        InvalidRuleSet: the content can't be a rule set.
    """
    version = _locked(number)
    if version.status != "draft":
        raise RuleSetIsFixed
    version.content, version.note = RuleSet.from_content(content).content(), note
    version.authors = with_author(version.authors, by)
    with acting(by=by, reason=note):
        version.save(update_fields=["content", "note", "authors"])
    return version


@transaction.atomic
def propose_rules(*, number: int, digest: str, by: str, now: datetime) -> RuleSetVersion:
    """Submit a draft to a second person.

    Args:
        digest: of what `by` has read, as `rule_set_as_shown` makes it.

    Raises:
        UnknownRuleSet, RuleSetIsFixed: there is no such draft.
        ChangedSinceRead: it says something else by now, or would replace something else.
    """
    version = _locked(number)
    if version.status != "draft":
        raise RuleSetIsFixed
    demand_read(digest, rule_set_as_shown(version, rule_set_course(now=now)))
    version.status, version.proposed_at, version.proposed_by = "proposed", now, by
    with acting(by=by):
        version.save(update_fields=_PROPOSAL)
    return version


@transaction.atomic
def return_rules(*, number: int) -> RuleSetVersion:
    """Send a proposed rule set back to be changed; it scores in shadow no more.

    Raises:
        UnknownRuleSet, RuleSetNotProposed: there is no such proposal.
    """
    version = _proposed(number)
    version.status, version.proposed_at, version.proposed_by = "draft", None, None
    version.shadow_since_at, version.shadow_since_by = None, None
    version.save(update_fields=[*_PROPOSAL, *_SHADOW])
    return version


@transaction.atomic
def approve_rules(
    *,
    number: int,
    digest: str,
    by: str,
    now: datetime,
    starts_at: datetime | None = None,
) -> RuleSetVersion:
    """Put a proposed rule set live, at once or from a moment on; what it says never changes again.

    Args:
        digest: of what `by` has read, as `rule_set_as_shown` makes it.
        by: another person than those who drafted, changed and proposed it.
        starts_at: later than `now`, and not the start of another one; None for at once.

    Raises:
        UnknownRuleSet, RuleSetNotProposed: there is no such proposal.
        RuleSetNeedsSecondPerson: `by` drafted, changed or proposed it.
        RuleSetIncomplete: it has no thresholds, or weighs nothing.
        RuleSetStartsInThePast: something might have been screened by another one already.
        ChangedSinceRead: it was proposed anew, or another one went live or was scheduled or
            withdrawn, since `by` has read it.
    """
    version = _proposed(number)
    _nobody_else_approves()
    course = rule_set_course(now=now)

    if not is_another(by, (*version.authors, version.proposed_by)):
        raise RuleSetNeedsSecondPerson
    fault = RuleSet.from_content(version.content).fault_for_approval()
    if fault is not None:
        raise RuleSetIncomplete(fault)
    demand_read(digest, rule_set_as_shown(version, course))
    starts = {start_of(each) for each in _approved(course)}
    if starts_at is not None and (starts_at <= now or starts_at in starts):
        raise RuleSetStartsInThePast

    version.status, version.approved_by = "approved", by
    version.approved_at, version.starts_at = _after(course, now), starts_at
    version.shadow_since_at, version.shadow_since_by = None, None
    with acting(by=by):
        version.save(update_fields=["status", "approved_at", "approved_by", "starts_at", *_SHADOW])

    said = {"number": number, "approved_by": by, "starts_at": start_of(version)}
    publish(name=news.RULE_SET_APPROVED, items=[said], now=now)
    return version


@transaction.atomic
def withdraw_rules(*, number: int, by: str, reason: str, now: datetime) -> RuleSetVersion:
    """Call off a rule set that was approved and has not started; it screens nothing, ever.

    Whatever would have been live without it is so. It keeps what it says, and can be drafted from.

    Raises:
        UnknownRuleSet: there is none of this number.
        RuleSetNotScheduled: it is not approved, or it has started.
    """
    version = _locked(number)
    if version.status != "approved" or start_of(version) <= now:
        raise RuleSetNotScheduled
    version.status, version.withdrawn_at, version.withdrawn_by = "withdrawn", now, by
    version.withdrawn_reason = reason
    with acting(by=by, reason=reason):
        version.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])

    said = {"number": number, "withdrawn_by": by, "reason": reason}
    publish(name=news.RULE_SET_WITHDRAWN, items=[said], now=now)
    return version


@transaction.atomic
def shadow_rules(*, number: int, by: str, now: datetime) -> RuleSetVersion:
    """Let a proposed rule set score beside the live one; it stops nothing.

    Safe to repeat: one that does so already goes on as it is.

    Raises:
        UnknownRuleSet, RuleSetNotProposed: there is no such proposal.
    """
    version = _proposed(number)
    if version.shadow_since_at is None:
        version.shadow_since_at, version.shadow_since_by = now, by
        with acting(by=by):
            version.save(update_fields=_SHADOW)
    return version


@transaction.atomic
def end_shadow(*, number: int) -> RuleSetVersion:
    """Let a rule set score in shadow no more; what it found stays.

    Raises:
        UnknownRuleSet, RuleSetNotInShadow: there is no such shadow.
    """
    version = _locked(number)
    if version.shadow_since_at is None:
        raise RuleSetNotInShadow
    version.shadow_since_at, version.shadow_since_by = None, None
    version.save(update_fields=_SHADOW)
    return version


def _nobody_else_approves() -> None:
    # Who approves another one at the same time waits for the first version's lock.
    RuleSetVersion.objects.select_for_update(no_key=True).order_by("number").first()


def _approved(course: RuleSetCourse) -> list[RuleSetVersion]:
    return [each for each in course.versions.values() if each.status == "approved"]


def _after(course: RuleSetCourse, now: datetime) -> datetime:
    """The moment of an approval, raised if need be.

    The newest of those that start at once is the live one, whatever another machine's clock said,
    and none starts at the moment of a scheduled one.
    """
    approvals = [each.approved_at for each in _approved(course) if each.approved_at is not None]
    moment = max(now, max(approvals) + _TICK)
    while moment in {start_of(each) for each in _approved(course)}:
        moment += _TICK
    return moment


def _proposed(number: int) -> RuleSetVersion:
    version = _locked(number)
    if version.status != "proposed":
        raise RuleSetNotProposed
    return version


def _locked(number: int) -> RuleSetVersion:
    version = RuleSetVersion.objects.select_for_update(no_key=True).filter(number=number).first()
    if version is None:
        raise UnknownRuleSet
    return version
