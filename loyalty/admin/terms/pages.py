"""Pages that show terms: one version in words, and the difference between two."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doors.moments import moment_shown
from kernel.two_persons import is_another
from loyalty.admin.terms.states import BEFORE, SCHEDULED, STATES, state_of
from loyalty.admin.terms.wording import said, wording_of
from loyalty.models import TermsVersion
from loyalty.policy.terms import NumberedTerms, Terms
from loyalty.policy.terms_changes import changes_between, terms_by_path
from loyalty.queries.terms import scheduled_terms, terms_as_shown, terms_calendar

if TYPE_CHECKING:
    from loyalty.admin.terms.admin import TermsAdmin


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class TermRow(NamedTuple):
    """One term in words."""

    name: Any
    value: str
    explanation: Any


class ChangeRow(NamedTuple):
    """One term that differs, in words."""

    section: Any
    name: Any
    old: str
    new: str
    explanation: Any


class Difference(NamedTuple):
    """What the newer of two versions changes."""

    old: int
    new: int
    rows: list[ChangeRow]


class Later(NamedTuple):
    """Active terms that begin later."""

    version: TermsVersion
    begins: str


def version(admin: "TermsAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """One version by section, with what it changes and the steps that this user may take."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    found = admin.get_object(request, object_id)
    if found is None:
        return HttpResponseRedirect(reverse("admin:loyalty_termsversion_changelist"))
    terms = Terms.from_content(found.content)
    context = {
        **standing(admin, request, found, datetime.now(UTC)),
        "sections": in_words(terms),
        "difference": difference(before(found), NumberedTerms(found.number, terms)),
    }
    return TemplateResponse(request, "loyalty/admin/terms/version.html", context)


def standing(
    admin: "TermsAdmin", request: HttpRequest, found: TermsVersion, now: datetime
) -> dict[str, Any]:
    """A version's state, and what this user has to do with it."""
    in_force = terms_calendar().at(now).number
    state = state_of(found, in_force=in_force, now=now)
    return {
        **frame(admin, request, found),
        "version": found,
        "begins": begins(found),
        "in_force": in_force,
        "state": state,
        "word": STATES[state],
        "may_draft": admin.may_draft(request),
        "may_activate": admin.may_activate(request),
        "may_withdraw": state == SCHEDULED and admin.may_withdraw(request, found),
        "may_roll_back": state == BEFORE and admin.may_draft(request),
        "is_own": is_own(found, request.user.get_username()),
        "digest": terms_as_shown(found, now=now),
        "draft_address": f"{reverse('admin:loyalty_terms_draft')}?from={found.number}",
    }


def is_own(found: TermsVersion, by: str) -> bool:
    """Whether somebody has drafted, changed or proposed a version."""
    return not is_another(by, (*found.authors, found.proposed_by))


def scheduled(now: datetime) -> list[Later]:
    """Terms that begin later, in the order of their beginnings."""
    return [Later(each, begins(each)) for each in scheduled_terms(now=now)]


def compare(admin: "TermsAdmin", request: HttpRequest) -> HttpResponse:
    """The difference between any two versions."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    known = numbers()
    old, new = _asked(request, "old", known), _asked(request, "new", known)
    context = {
        **frame(admin, request, None),
        "title": _("Compare versions"),
        "numbers": known,
        "old": old,
        "new": new,
        "difference": None,
    }
    if old is not None and new is not None:
        context["difference"] = difference(numbered(old), numbered(new))
    return TemplateResponse(request, "loyalty/admin/terms/compare.html", context)


def frame(
    admin: "TermsAdmin", request: HttpRequest, original: TermsVersion | None
) -> dict[str, Any]:
    """What every page of the terms has around it."""
    return {
        **admin.admin_site.each_context(request),
        "title": str(original or _("Program terms")),
        "model_admin": admin,
        "original": original,
    }


def in_words(terms: Terms) -> list[tuple[Any, list[TermRow]]]:
    """The terms by section."""
    sections: dict[Any, list[TermRow]] = {}
    for path, value in terms_by_path(terms).items():
        words = wording_of(path)
        row = TermRow(words.name, said(path, value), words.explanation)
        sections.setdefault(words.section, []).append(row)
    return list(sections.items())


def difference(old: NumberedTerms, new: NumberedTerms) -> Difference | None:
    """What the new terms change, in words; None between a version and itself."""
    if old.number == new.number:
        return None
    rows = []
    for change in changes_between(old.terms, new.terms):
        words = wording_of(change.path)
        old_said, new_said = said(change.path, change.old), said(change.path, change.new)
        rows.append(ChangeRow(words.section, words.name, old_said, new_said, words.explanation))
    return Difference(old.number, new.number, rows)


def begins(version: TermsVersion) -> str:
    """From when on a version is in force, in words; the first one always was."""
    if version.effective_from is None:
        return "–"
    if version.effective_from <= BEGINNING:
        return str(_("the beginning"))
    return moment_shown(version.effective_from)


def numbers() -> list[int]:
    """The versions there are, newest first."""
    return list(TermsVersion.objects.order_by("-number").values_list("number", flat=True))


def numbered(number: int) -> NumberedTerms:
    """A version that there is."""
    content = TermsVersion.objects.values_list("content", flat=True).get(number=number)
    return NumberedTerms(number, Terms.from_content(content))


def before(found: TermsVersion) -> NumberedTerms:
    """What a version is to be held against: what it replaces, or would replace now."""
    if found.status != "active":
        return terms_calendar().at(datetime.now(UTC))
    earlier = (
        TermsVersion.objects.filter(status="active", effective_from__lt=found.effective_from)
        .order_by("-effective_from")
        .first()
    )
    return numbered(earlier.number if earlier is not None else found.number)


def _asked(request: HttpRequest, name: str, known: list[int]) -> int | None:
    given = request.GET.get(name, "")
    matching = [number for number in known if str(number) == given]
    return matching[0] if matching else None
