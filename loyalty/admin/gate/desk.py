"""A person takes a step: the page that asks for the reason, and the one call that takes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.translation import translated
from kernel.refusals import Refusal
from loyalty.admin.gate.words import Word
from loyalty.policy.gate import SecondVerdictNeeded, StepNotPossible

# More would make a page that nobody reads before confirming it.
CHOSEN_MAX = 200


class Reasoned(NamedTuple):
    """What a person says with a step."""

    reason: str
    by: str
    now: datetime


class Outcome(NamedTuple):
    """What became of benefits, in a sentence, and whether that is what was asked for."""

    words: str
    as_asked: bool = True


class Step(NamedTuple):
    """A step that persons take.

    Attributes:
        title: of the button.
        question: the heading of the page that asks for the reason.
        explanation: what it does, in a sentence or two.
        take: the one call of the verb.
        is_grave: whether its button warns.
    """

    name: str
    title: Any
    question: Any
    explanation: Any
    permission: str
    take: Callable[[Sequence[Any], Reasoned], list[Outcome]]
    is_grave: bool = False


class Foreseen(NamedTuple):
    """What a step would make of a benefit, as far as it can be seen now."""

    applies: bool
    words: Any


class Choice(NamedTuple):
    """A benefit on the page that asks for the reason."""

    row: Any
    id: str
    value: str
    status: Word
    why: list[str]
    foreseen: Foreseen


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one kind of benefit is decided over.

    Attributes:
        page: the name of the admin's pages of these rows.
        steps: what may be done here.
        choice: a row, with what a step would make of it for a person.
        reason_max: how many characters of a reason are kept.
    """

    page: str
    steps: Mapping[str, Step]
    choice: Callable[[Any, str, str], Choice]
    reason_max: int = 500

    def open_to(self, request: HttpRequest) -> list[Step]:
        """The steps that this user may take."""
        return [step for step in self.steps.values() if request.user.has_perm(step.permission)]

    def address(self, name: str) -> str:
        """Where the reason for a step is asked for."""
        return reverse(f"admin:{self.page}_step", args=[name])

    def ways(self, request: HttpRequest, row: Any) -> list[tuple[Step, str]]:
        """The steps that this user may take with a row as it is, and where."""
        by = request.user.get_username()
        return [
            (step, f"{self.address(step.name)}?id={row.pk}")
            for step in self.open_to(request)
            if self.choice(row, step.name, by).foreseen.applies
        ]


class ReasonForm(forms.Form):
    """Why a step is taken: kept with it for ever."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(
            attrs={"class": "field-input field-area", "rows": 3, "autofocus": True}
        ),
        help_text=_("Kept with the step for ever, beside your name."),
        error_messages={"required": _("Say why: a decision about a benefit needs a reason.")},
    )

    def __init__(self, *args: Any, reason_max: int) -> None:
        super().__init__(*args)
        field = self.fields["reason"]
        field.validators.append(MaxLengthValidator(reason_max))
        field.widget.attrs["maxlength"] = reason_max


def step_view(admin: ModelAdmin[Any], request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """Ask for the reason of a step, and take it once it is given."""
    step = _demanded(admin, request, desk, name)
    source = request.POST if request.method == "POST" else request.GET
    filters = source.get("filters", "")
    ids = set(source.getlist("id"))
    if not 0 < len(ids) <= CHOSEN_MAX:
        return _too_many_or_none(request, desk, filters)
    rows = _called(admin, request, ids)
    said = request.POST if request.method == "POST" else None
    form = ReasonForm(said, reason_max=desk.reason_max)
    if form.is_valid():
        return _taken(request, desk, step, rows, form.cleaned_data["reason"])
    return _asked(admin, request, desk, step, rows, form, filters)


def bulk_view(
    admin: ModelAdmin[Any], request: HttpRequest, desk: Desk, name: str, rows: QuerySet[Any]
) -> HttpResponse:
    """Ask for the reason of a step of many, chosen from the list."""
    step = _demanded(admin, request, desk, name)
    chosen = list(rows[: CHOSEN_MAX + 1])
    filters = request.GET.urlencode()
    if len(chosen) > CHOSEN_MAX:
        return _too_many_or_none(request, desk, filters)
    form = ReasonForm(reason_max=desk.reason_max)
    return _asked(admin, request, desk, step, chosen, form, filters)


def _demanded(admin: ModelAdmin[Any], request: HttpRequest, desk: Desk, name: str) -> Step:
    step = desk.steps.get(name)
    if step is None:
        raise Http404
    if not (admin.has_view_permission(request) and request.user.has_perm(step.permission)):
        raise PermissionDenied
    return step


def _called(admin: ModelAdmin[Any], request: HttpRequest, ids: set[str]) -> list[Any]:
    try:
        keys = {admin.opts.pk.to_python(each) for each in ids}
    except ValidationError:
        raise Http404 from None
    rows = list(admin.get_queryset(request).filter(pk__in=keys))
    if len(rows) < len(keys):
        raise Http404
    return rows


def _asked(
    admin: ModelAdmin[Any],
    request: HttpRequest,
    desk: Desk,
    step: Step,
    rows: Sequence[Any],
    form: ReasonForm,
    filters: str,
) -> HttpResponse:
    by = request.user.get_username()
    choices = [desk.choice(row, step.name, by) for row in rows]
    context = {
        **frame(admin, request, None, step.question),
        "step": step,
        "going": [choice for choice in choices if choice.foreseen.applies],
        "staying": [choice for choice in choices if not choice.foreseen.applies],
        "form": form,
        "action": desk.address(step.name),
        "filters": filters,
        "back": _back_to(desk, rows, filters),
    }
    return TemplateResponse(request, "loyalty/admin/gate/ask.html", context)


def _taken(
    request: HttpRequest, desk: Desk, step: Step, rows: Sequence[Any], reason: str
) -> HttpResponse:
    said = Reasoned(reason, request.user.get_username(), datetime.now(UTC))
    try:
        outcomes = step.take(rows, said)
    except Refusal as refusal:
        messages.error(request, f"{gettext('Nothing was changed.')} {_in_words(refusal)}")
    else:
        for outcome in outcomes:
            level = messages.SUCCESS if outcome.as_asked else messages.WARNING
            messages.add_message(request, level, outcome.words)
    return HttpResponseRedirect(_back_to(desk, rows, request.POST.get("filters", "")))


def _too_many_or_none(request: HttpRequest, desk: Desk, filters: str) -> HttpResponse:
    sentence = _("Choose what this is to be done to: at least one, and at most %(most)s.")
    messages.error(request, sentence % {"most": CHOSEN_MAX})
    return HttpResponseRedirect(_back_to(desk, [], filters))


def _in_words(refusal: Refusal) -> str:
    if isinstance(refusal, SecondVerdictNeeded):
        return gettext(
            "You have proposed this yourself, or asked for it: somebody else has to confirm it."
        )
    if isinstance(refusal, StepNotPossible):
        return gettext("What you chose cannot go this way now: look at what has become of it.")
    return translated(refusal.detail)


def _back_to(desk: Desk, rows: Sequence[Any], filters: str) -> str:
    """The page of what was chosen alone, or the list as it was filtered."""
    if len(rows) == 1 and not filters:
        return reverse(f"admin:{desk.page}_change", args=[rows[0].pk])
    listed = reverse(f"admin:{desk.page}_changelist")
    return f"{listed}?{filters}" if filters else listed
