"""Steps with many rows of a list at once: each asks for its reason on a page of its own first."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.translation import translated
from kernel.refusals import Refusal

# More would make a page that nobody reads before confirming it.
CHOSEN_MAX = 200
REASON_MAX = 500


class Given(NamedTuple):
    """What a person says with a step, as verbs take it."""

    reason: str
    by: str
    now: datetime


class RowShown(NamedTuple):
    """A row on the page that asks: what it is, and what the step makes of it."""

    cells: tuple[Any, ...]
    becomes: Any
    applies: bool = True


class BulkStep(NamedTuple):
    """A step with many rows.

    Attributes:
        title: in the list of steps, and on the button.
        question: the heading of the page that asks for the reason.
        explanation: what the step does, in a sentence or two.
        heads: the names of the columns of the rows shown.
        shown: a row with what would become of it.
        take: the one call of the verb over the ids of the rows; the sentence that it ends with.
        is_grave: whether its button warns.
        most: how many rows it is taken with at once.
    """

    name: str
    title: Any
    question: Any
    explanation: Any
    permission: str
    heads: tuple[Any, ...]
    shown: Callable[[Any, datetime], RowShown]
    take: Callable[[Sequence[Any], Given], str]
    is_grave: bool = False
    most: int = CHOSEN_MAX


class ReasonForm(forms.Form):
    """Why the step is taken."""

    reason = forms.CharField(
        label=_("Reason"),
        validators=[MaxLengthValidator(REASON_MAX)],
        widget=forms.Textarea(
            attrs={"class": "field-input field-area", "rows": 3, "autofocus": True}
        ),
        help_text=_("Kept with the step for ever, beside your name."),
        error_messages={"required": _("Say why: every step with many rows has its reason.")},
    )


def bulk_actions(request: HttpRequest, *steps: BulkStep) -> dict[str, Any]:
    """The steps that this user may take, as the list of an admin offers them."""
    return {
        step.name: (_asking_for(step), step.name, step.title)
        for step in steps
        if request.user.has_perm(step.permission)
    }


def _asking_for(step: BulkStep) -> Callable[..., HttpResponse]:
    def ask(admin: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        return _ask(admin, request, rows, step)

    return ask


def _ask(
    admin: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], step: BulkStep
) -> HttpResponse:
    if not (admin.has_view_permission(request) and request.user.has_perm(step.permission)):
        raise PermissionDenied
    back = request.get_full_path()
    chosen = list(rows[: step.most + 1])
    if len(chosen) > step.most:
        sentence = gettext("Choose at most %(most)s rows at once.") % {"most": step.most}
        messages.error(request, sentence)
        return HttpResponseRedirect(back)
    form = ReasonForm(request.POST if "confirmed" in request.POST else None)
    now = datetime.now(UTC)
    if form.is_valid():
        given = Given(form.cleaned_data["reason"], request.user.get_username(), now)
        try:
            messages.success(request, step.take([row.pk for row in chosen], given))
        except Refusal as refusal:
            nothing = gettext("Nothing was changed.")
            messages.error(request, f"{nothing} {translated(refusal.detail)}")
        return HttpResponseRedirect(back)
    return TemplateResponse(
        request, "doors/admin/bulk.html", _context(admin, request, step, chosen, form, now)
    )


def _context(
    admin: ModelAdmin[Any],
    request: HttpRequest,
    step: BulkStep,
    chosen: Sequence[Model],
    form: ReasonForm,
    now: datetime,
) -> dict[str, Any]:
    shown = [(row, step.shown(row, now)) for row in chosen]
    return {
        **frame(admin, request, None, step.question),
        "step": step,
        "rows": shown,
        "applies": sum(row.applies for _row, row in shown),
        "form": form,
        "back": request.get_full_path(),
    }
