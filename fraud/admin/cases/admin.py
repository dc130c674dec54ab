"""The queue: what waits, the most valuable first, and the ways into it."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import roubles_shown
from doors.moments import moment_shown, short_moment_shown
from fraud.admin.cases import bulk, freeze, steps
from fraud.admin.cases.search import searched
from fraud.admin.cases.unusual import lead_of, measure_of, percentile_shown
from fraud.admin.filters import (
    BandFilter,
    QueueFilter,
    StatusFilter,
    TurnFilter,
    is_search,
)
from fraud.admin.people import BULK, DECIDE, analyst
from fraud.admin.words import (
    BANDS,
    QUEUES,
    QUEUES_IN_SHORT,
    VERDICTS,
    decimals_shown,
    left_of,
    rule_title,
    score_shown,
    signal_title,
    span,
    subject_word,
)
from fraud.models import Case
from fraud.models.cases import QUEUE_ORDER
from fraud.policy.cases import CLAIM_LASTS
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.queries.benefits import payouts_of_cases
from fraud.queries.queue import queue_figures
from fraud.queries.unusual import Unusual, unusual_about
from loyalty.admin.gate.words import actor_of, colours_of, label_of, sentences
from loyalty.admin.links import statement_link
from loyalty.models import Payout

_REASONS_SHOWN = 2


class CaseList(ChangeList):
    """The list whose rows know the payouts that they are about."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Ask for the payouts of all rows together."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        payouts = payouts_of_cases(self.result_list)
        unusual = unusual_about(self.result_list)
        for case in self.result_list:
            vars(case)["payout"] = payouts.get(case.subject_id)
            vars(case)["unusual"] = unusual.get(case.pk)


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin[Case]):
    """What a person has to look at."""

    list_display = (
        "at_risk",
        "score",
        "band_word",
        "time_left",
        "about",
        "of_subscriber",
        "why",
        "turn",
    )
    list_filter = (TurnFilter, QueueFilter, BandFilter, StatusFilter)
    list_filter_submit = True
    list_before_template = "fraud/admin/queue_head.html"
    empty_sentence = gettext_lazy(
        "Nothing waits for a person. A case appears here once the screen stops something."
    )
    list_select_related = ("subscriber", "other", "assessment")
    ordering = QUEUE_ORDER
    search_fields = ("id",)
    search_help_text = gettext_lazy("Case number, subscriber, payout, redemption or referral id")

    class Media:
        css = {"all": ["fraud/fraud.css"]}
        js = ["fraud/shortcuts.js", "fraud/queue.js"]

    @column(description=gettext_lazy("At risk"))
    def at_risk(self, case: Case) -> SafeString:
        """Return what would be lost, with the case's number."""
        return format_html(
            '<span class="at-risk">{}</span><span class="case-number soft small">{} {}</span>',
            roubles_shown(case.value_minor) if case.value_minor else "–",
            _("case"),
            case.pk,
        )

    @column(description=gettext_lazy("Score"))
    def score(self, case: Case) -> SafeString | str:
        """Return the score, or the percentile of who is only unusual."""
        unusual: Unusual | None = vars(case).get("unusual")
        if unusual is None or unusual.percentile_thousandths is None:
            return score_shown(case.score_millionths)
        title = _("more unusual than this share of all")
        return format_html('<span title="{}">{}</span>', title, percentile_shown(unusual))

    @column(description=gettext_lazy("Band"), label=colours_of(BANDS))
    def band_word(self, case: Case) -> tuple[str, Any]:
        """Return the band, coloured."""
        return label_of(BANDS, case.band)

    @column(description=gettext_lazy("Time left"))
    def time_left(self, case: Case) -> SafeString:
        """Return how long until the deadline, coloured."""
        left = left_of(case, datetime.now(UTC))
        due = moment_shown(case.due_at)
        return format_html(
            '<span class="moment time-left {}" title="{}">{}</span>', left.colour, due, left.text
        )

    @column(description=gettext_lazy("About"))
    def about(self, case: Case) -> SafeString:
        """Return what it is about, and in which queue."""
        return format_html(
            '<span class="moment">{}</span><span class="soft small block-line">{}</span>',
            subject_word(case, vars(case).get("payout")),
            QUEUES_IN_SHORT[case.queue],
        )

    @column(description=gettext_lazy("Subscriber"))
    def of_subscriber(self, case: Case) -> SafeString:
        """Return whom it is about."""
        if case.other is None:
            return statement_link(case.subscriber)
        return format_html(
            '{}<span class="soft small block-line">{}</span>',
            statement_link(case.other),
            _("invited by %(who)s") % {"who": case.subscriber.external_id},
        )

    @column(description=gettext_lazy("Why"))
    def why(self, case: Case) -> SafeString | str:
        """Return the rules that acted, and the signals that weigh most."""
        said = _reasons(case)
        return format_html_join("", '<span class="why why-short">{}</span>', zip(said)) or "–"

    @column(description=gettext_lazy("Whose turn"))
    def turn(self, case: Case) -> SafeString:
        """Return who holds it, or what it waits for."""
        said = _turn(case, datetime.now(UTC))
        return format_html_join("", '<span class="block-line {}">{}</span>', said)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Return cases with their parties and what was found."""
        return super().get_queryset(request).select_related("subscriber", "other", "assessment")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """Return those of the subscriber, the payout or the redemption, and the case so called."""
        term = search_term.replace("\x00", "").strip()
        return (searched(queryset, term) if term else queryset), False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[Any]:
        """Return the list that knows its payouts."""
        return CaseList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return one verdict over many, for those who may give it."""
        if IS_POPUP_VAR in request.GET or not request.user.has_perms((DECIDE, BULK)):
            return {}
        return {"decide": (bulk.asking, "decide", gettext_lazy("Decide alike…"))}

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of the steps."""
        guarded = self.admin_site.admin_view
        base = "<int:case_id>/"
        return [
            path("next/", guarded(self.next_view), name="fraud_case_next"),
            path("decide/", guarded(self.bulk_view), name="fraud_case_bulk"),
            path(f"{base}claim/", guarded(self.claim_view), name="fraud_case_claim"),
            path(f"{base}give-back/", guarded(self.give_back_view), name="fraud_case_give_back"),
            path(f"{base}decide/", guarded(self.decide_view), name="fraud_case_decide"),
            path(f"{base}payouts/<slug:name>/", guarded(self.freeze_view), name="fraud_case_stop"),
            path(f"{base}ask/<slug:name>/", guarded(self.ask_view), name="fraud_case_ask"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the queue, with what waits in figures above it."""
        figures = queue_figures(by=analyst(request), now=datetime.now(UTC))
        more = {
            **(extra_context or {}),
            "title": _("Cases"),
            "figures": figures,
            "queues": [(name, title, figures.queues.get(name)) for name, title in QUEUES.items()],
            "shown": request.GET.get("show", ""),
            "shown_queue": "" if is_search(request) else request.GET.get("queue", ""),
            "is_search": is_search(request),
            "may_decide": request.user.has_perm(DECIDE),
            "next_address": reverse("admin:fraud_case_next"),
        }
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one case."""
        return steps.show(self, request, object_id)

    @method_decorator(require_POST)
    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Take the next case."""
        return steps.take_next(self, request)

    @method_decorator(require_POST)
    def claim_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Take a case."""
        return steps.claim(self, request, case_id)

    @method_decorator(require_POST)
    def give_back_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Give a case back."""
        return steps.give_back(self, request, case_id)

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Decide over a case."""
        return steps.decide(self, request, case_id)

    @method_decorator(require_POST)
    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Decide over many cases alike."""
        return bulk.decide(self, request)

    def ask_view(self, request: HttpRequest, case_id: int, name: str) -> HttpResponse:
        """Take a step that asks for its reason."""
        return steps.ask(self, request, case_id, name)

    def freeze_view(self, request: HttpRequest, case_id: int, name: str) -> HttpResponse:
        """Freeze or unfreeze payouts of the linked accounts."""
        return freeze.page(self, request, case_id, name)


def _reasons(case: Case) -> list[str]:
    found = case.assessment
    unusual: Unusual | None = vars(case).get("unusual")
    if unusual is not None:
        return _of_unusual(unusual)
    if found is None:
        return _of_gate(case)
    said = [rule_title(hit["rule"]) for hit in found.hits if hit["rule"] in RULES]
    weighed = sorted(found.contributions, key=lambda each: -each["weight"] * each["x"])
    said += [
        f"{signal_title(each['signal'])} +{decimals_shown(each['weight'] * each['x'], 2)}"
        for each in weighed
        if each["signal"] in SIGNALS and each["weight"] * each["x"] >= 0.05
    ]
    return said[:_REASONS_SHOWN] or _of_gate(case)


def _of_unusual(unusual: Unusual) -> list[str]:
    """How many are alike, and what is furthest from usual."""
    said = [lead_of(unusual)] if unusual.alike else []
    measures = [measure_of(each) for each in unusual.measures]
    said += [
        _("%(what)s: %(value)s, usually %(usual)s")
        % {"what": each.title, "value": each.value, "usual": each.usual}
        for each in measures
    ]
    return (said or [unusual.sentence])[:_REASONS_SHOWN]


def _of_gate(case: Case) -> list[str]:
    """What the gate says, where no screening does."""
    payout: Payout | None = vars(case).get("payout")
    return sentences(payout.reasons)[:_REASONS_SHOWN] if payout is not None else []


def _turn(case: Case, now: datetime) -> list[tuple[str, str]]:
    """Who holds a case, and what it waits for: a colour and words each."""
    said: list[tuple[str, str]] = []
    if case.status == "closed":
        words = _("%(verdict)s by %(who)s") % {
            "verdict": VERDICTS[case.verdict].text,
            "who": actor_of(case.decided_by),
        }
        return [("soft", words)]
    if case.status == "claimed" and case.claimed_at is not None:
        left = case.claimed_at + CLAIM_LASTS - now
        if left.total_seconds() > 0:
            words = _("%(who)s, %(left)s left") % {"who": case.claimed_by, "left": span(left)}
            said.append(("strong moment", words))
    if case.status == "snoozed" and case.snoozed_until is not None:
        until = short_moment_shown(case.snoozed_until)
        said.append(("soft moment", _("snoozed until %(until)s") % {"until": until}))
    if case.proposed_by is not None:
        said.append(("new-value", _("second verdict after %(who)s") % {"who": case.proposed_by}))
    if case.is_escalated:
        said.append(("minus", _("escalated")))
    return said or [("soft", _("free"))]
