"""Cases: listed, claimed, decided, snoozed, escalated."""

from datetime import UTC, datetime

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, answer, found
from fraud.api import examples
from fraud.api.answers import CaseDetailOut, CasesOut, case_in_detail, case_shown
from fraud.api.bodies import ClaimIn, EscalationIn, SnoozeIn, VerdictIn, verdict_of
from fraud.models import Case
from fraud.operations.decide_cases import decide_case
from fraud.operations.work_cases import Stepped, claim_case, escalate_case, snooze_case
from fraud.policy.cases import CASE_STATUSES, QUEUES, Analyst
from fraud.policy.scoring import BANDS
from fraud.queries.cases import case_numbered, cases_with_parties

# A tool that holds it acts for seniors too: who they are is for the tool to know.
_SENIOR = "cases:senior"


def _analyst(request: ApiRequest, name: str) -> Analyst:
    """Who acts: an analyst as the tool calls them, who is nobody else's analyst of that name."""
    return Analyst(f"{request.actor}/{name}", is_senior=_SENIOR in request.caller.scopes)


def _stepped(stepped: Stepped) -> HttpResponse:
    body = case_in_detail(case_numbered(stepped.case.pk))
    return answer(body, replayed=stepped.is_replay, status=200)


def _choices(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


class CaseFilter(django_filters.FilterSet):
    subscriber_id = django_filters.CharFilter("subscriber__external_id")
    status = django_filters.ChoiceFilter(choices=_choices(CASE_STATUSES))
    queue = django_filters.ChoiceFilter(choices=_choices(QUEUES))
    band = django_filters.ChoiceFilter(choices=_choices(BANDS))

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()


class CasesView(ListView):
    """Cases."""

    required_scopes = {"GET": "cases:read"}
    filterset_class = CaseFilter

    @extend_schema(responses=CasesOut, examples=examples.CASES)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List cases, the earliest first."""
        cases: QuerySet[Case] = cases_with_parties()
        return self.page(cases, by="id", represent=case_shown)


class CaseView(ApiView):
    """One case."""

    required_scopes = {"GET": "cases:read"}

    @extend_schema(responses=CaseDetailOut, examples=examples.CASE)
    def get(self, request: ApiRequest, case_id: int) -> HttpResponse:
        """Read a case: what it is about, why it was stopped, and how it stands."""
        return found(case_in_detail(case_numbered(case_id)))


class ClaimView(ApiView):
    """Claiming a case."""

    required_scopes = {"POST": "cases:write"}

    @extend_schema(request=ClaimIn, responses={200: CaseDetailOut}, examples=examples.CLAIM)
    def post(self, request: ApiRequest, case_id: int) -> HttpResponse:
        """Take a case for an hour; its holder goes on holding it from now."""
        said = parsed(ClaimIn, request.data)
        by = _analyst(request, said["analyst"])
        claim_case(case_id=case_id, by=by, now=datetime.now(UTC))
        return found(case_in_detail(case_numbered(case_id)))


class VerdictView(ApiView):
    """Deciding over a case."""

    required_scopes = {"POST": "cases:write"}

    @extend_schema(request=VerdictIn, responses={200: CaseDetailOut}, examples=examples.VERDICT)
    def post(self, request: ApiRequest, case_id: int) -> HttpResponse:
        """Decide over a claimed case, with all consequences, or none.

        Where the benefit is above the four-eyes limit (`needs_two`) a verdict decides only if it
        confirms what somebody else has asked for or proposed (`said_before`). Otherwise it is a
        proposal: the case is open again, for somebody else, and nothing else has happened.
        """
        said = parsed(VerdictIn, request.data)
        decided = decide_case(
            case_id=case_id,
            verdict=verdict_of(said),
            by=_analyst(request, said["analyst"]),
            now=datetime.now(UTC),
        )
        body = case_in_detail(case_numbered(case_id))
        return answer(body, replayed=decided.is_replay, status=200)


class SnoozeView(ApiView):
    """Letting a case sleep."""

    required_scopes = {"POST": "cases:write"}

    @extend_schema(request=SnoozeIn, responses={200: CaseDetailOut}, examples=examples.SNOOZE)
    def post(self, request: ApiRequest, case_id: int) -> HttpResponse:
        """Take a claimed case out of the queue until a moment, at most 30 days ahead."""
        said = parsed(SnoozeIn, request.data)
        stepped = snooze_case(
            case_id=case_id,
            until=said["until"],
            by=_analyst(request, said["analyst"]),
            reason=said["reason"],
            now=datetime.now(UTC),
        )
        return _stepped(stepped)


class EscalateView(ApiView):
    """Handing a case up."""

    required_scopes = {"POST": "cases:write"}

    @extend_schema(request=EscalationIn, responses={200: CaseDetailOut}, examples=examples.ESCALATE)
    def post(self, request: ApiRequest, case_id: int) -> HttpResponse:
        """Hand a claimed case to the seniors."""
        said = parsed(EscalationIn, request.data)
        by = _analyst(request, said["analyst"])
        stepped = escalate_case(
            case_id=case_id, by=by, reason=said["reason"], now=datetime.now(UTC)
        )
        return _stepped(stepped)
