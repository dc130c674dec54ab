"""Draft, propose, activate and withdraw versions of the program's terms."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from kernel.moments import CLOCK_SKEW
from kernel.refusals import NotFound, Refusal
from kernel.two_persons import demand_read, is_another, with_author
from loyalty import news
from loyalty.models import TermsVersion
from loyalty.policy.terms import Terms
from loyalty.queries.terms import terms_as_shown
from outbox.operations import publish
from trail.acting import acting

_TICK = timedelta(microseconds=1)


class UnknownTerms(NotFound):
    code = "unknown_terms"
    title = "There is no version of the terms with this number."


class TermsAreFixed(Refusal):
    code = "terms_are_fixed"
    title = "Only a draft can be changed."


class TermsNotProposed(Refusal):
    code = "terms_not_proposed"
    title = "Only proposed terms can be activated or sent back."


class SecondPersonNeeded(Refusal):
    code = "second_person_needed"
    title = "Terms are activated by a person who neither drafted, changed nor proposed them."


class TermsBeginInThePast(Refusal):
    code = "terms_begin_in_the_past"
    title = "Terms can't be in force before they are activated, nor from the same moment as others."


class TermsNotScheduled(Refusal):
    code = "terms_not_scheduled"
    title = "Terms can be withdrawn until five minutes before they begin."


@transaction.atomic
def draft_terms(*, content: Mapping[str, Any], note: str, by: str) -> TermsVersion:
    """Make a new draft, numbered after the last version.

    Args:
        by: its author, who never activates it.

    Raises:
        InvalidTerms: the content can't be terms.
    """
    whole = Terms.from_content(content).content()
    # Who drafts at the same time waits here, and then finds the version that was made meanwhile.
    TermsVersion.objects.select_for_update(no_key=True).order_by("number").first()
    last = TermsVersion.objects.order_by("-number").first()
    number = last.number + 1 if last is not None else 1
    with acting(by=by, reason=note):
        return TermsVersion.objects.create(number=number, content=whole, note=note, authors=[by])


@transaction.atomic
def change_draft(*, number: int, content: Mapping[str, Any], note: str, by: str) -> TermsVersion:
    """Replace what a draft says.

    Args:
        by: one more of its authors, who never activates it.

    Raises:
        UnknownTerms, TermsAreFixed: there is no such draft.
        InvalidTerms: the content can't be terms.
    """
    version = _locked(number)
    if version.status != "draft":
        raise TermsAreFixed
    version.content, version.note = Terms.from_content(content).content(), note
    version.authors = with_author(version.authors, by)
    with acting(by=by, reason=note):
        version.save(update_fields=["content", "note", "authors"])
    return version


@transaction.atomic
def propose_terms(*, number: int, digest: str, by: str, now: datetime) -> TermsVersion:
    """Submit a draft to a second person.

    Args:
        digest: of what `by` has read, as `terms_as_shown` makes it.

    Raises:
        UnknownTerms, TermsAreFixed: there is no such draft.
        ChangedSinceRead: it says something else by now, or would replace something else.
    """
    version = _locked(number)
    if version.status != "draft":
        raise TermsAreFixed
    demand_read(digest, terms_as_shown(version, now=now))
    version.status, version.proposed_at, version.proposed_by = "proposed", now, by
    with acting(by=by):
        version.save(update_fields=["status", "proposed_at", "proposed_by"])
    return version


@transaction.atomic
def return_terms(*, number: int) -> TermsVersion:
    """Send proposed terms back to be changed; nobody has proposed them any more.

    Raises:
        UnknownTerms, TermsNotProposed: there is no such proposal.
    """
    version = _locked(number)
    if version.status != "proposed":
        raise TermsNotProposed
    version.status, version.proposed_at, version.proposed_by = "draft", None, None
    version.save(update_fields=["status", "proposed_at", "proposed_by"])
    return version


@transaction.atomic
def activate_terms(
    *, number: int, digest: str, effective_from: datetime, by: str, now: datetime
) -> TermsVersion:
    """Put proposed terms in force from a moment on; what they say never changes again.

    Args:
        digest: of what `by` has read, as `terms_as_shown` makes it.
        effective_from: not before `now`, and not the moment of another version.
        by: another person than those who drafted, changed and proposed them.

    Raises:
        UnknownTerms, TermsNotProposed: there is no such proposal.
        SecondPersonNeeded: `by` drafted, changed or proposed them.
        ChangedSinceRead: they say something else by now, were proposed anew, or would replace
            something else.
        TermsBeginInThePast: entries might have been made under other terms already.
    """
    version = _locked(number)
    if version.status != "proposed":
        raise TermsNotProposed
    if not is_another(by, (*version.authors, version.proposed_by)):
        raise SecondPersonNeeded
    # Who activates another version at the same time waits here.
    TermsVersion.objects.select_for_update(no_key=True).order_by("number").first()
    demand_read(digest, terms_as_shown(version, now=now))
    active = TermsVersion.objects.filter(status="active")
    if effective_from < now or active.filter(effective_from=effective_from).exists():
        raise TermsBeginInThePast

    version.status, version.effective_from = "active", effective_from
    newest = active.aggregate(newest=Max("activated_at"))["newest"]
    # Activations keep their order whatever another machine's clock said: calendars are told by it.
    version.activated_at, version.activated_by = max(now, newest + _TICK), by
    with acting(by=by):
        version.save(update_fields=["status", "effective_from", "activated_at", "activated_by"])

    said = {"number": number, "effective_from": effective_from, "activated_by": by}
    publish(name=news.TERMS_ACTIVATED, items=[said], now=now)
    return version


@transaction.atomic
def withdraw_terms(*, number: int, by: str, reason: str, now: datetime) -> TermsVersion:
    """Call off terms that were activated and have not begun; they are in force never.

    Whatever would have been in force without them is so. They keep what they say, and can be
    drafted from.

    Raises:
        UnknownTerms: there is no such version.
        TermsNotScheduled: they are not active, or begin so soon that a charge that is dated a
            little ahead may have been posted under them.
    """
    version = _locked(number)
    starts_at = version.effective_from
    if version.status != "active" or starts_at is None or starts_at <= now + CLOCK_SKEW:
        raise TermsNotScheduled
    version.status, version.withdrawn_at, version.withdrawn_by = "withdrawn", now, by
    version.withdrawn_reason = reason
    with acting(by=by, reason=reason):
        version.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])

    said = {"number": number, "effective_from": starts_at, "withdrawn_by": by, "reason": reason}
    publish(name=news.TERMS_WITHDRAWN, items=[said], now=now)
    return version


def _locked(number: int) -> TermsVersion:
    version = TermsVersion.objects.select_for_update(no_key=True).filter(number=number).first()
    if version is None:
        raise UnknownTerms
    return version
