"""A tiny API of the tests' own: a charge-shaped call, a list, an upload, and views that fail."""

import django_filters
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from psycopg import errors as postgres_errors
from rest_framework.parsers import MultiPartParser

from config import urls as whole
from doors.api.bodies import (
    StrictList,
    StrictQuery,
    StrictSerializer,
    UnreadList,
    parse_each,
    parsed,
)
from doors.api.fields import (
    AmountField,
    ClientId,
    CurrencyField,
    InstantField,
    StrictChoice,
    StrictInteger,
    StrictString,
)
from doors.api.pages import ListView, PageByIdQuery
from doors.api.parsing import JsonParser, NdjsonParser
from doors.api.views import ApiRequest, ApiView, answer, found
from doors.models import Client
from kernel.refusals import InFlight, NotFound, Refusal


class ChargeBody(StrictSerializer):
    charge_id = ClientId()
    subscriber_id = ClientId()
    amount = AmountField()
    currency = CurrencyField()
    kind = StrictChoice(["service", "top_up"])
    occurred_at = InstantField()


class ContractBody(StrictSerializer):
    months = StrictInteger(min_value=1, max_value=60)


class PlanBody(StrictSerializer):
    plan = StrictString(max_length=10)
    contract = ContractBody(required=False, allow_null=True)
    parts = StrictList(ContractBody(), max_items=3, required=False)


class BatchBody(StrictSerializer):
    charges = UnreadList(ChargeBody(), max_items=3, min_items=1)


class NotEnough(Refusal):
    code = "not_enough_points"
    title = "There are not enough points."


class Charges(ApiView):
    writes_trail = False
    required_scopes = {"POST": "charges:write"}

    @extend_schema(request=ChargeBody, responses={201: ChargeBody})
    def post(self, request: ApiRequest) -> HttpResponse:
        """Post one charge.

        Safe to repeat.

        Raises:
            Nothing that readers of the API should see.
        """
        charge = parsed(ChargeBody, request.data)
        return answer(
            {"charge_id": charge["charge_id"], "actor": request.actor},
            replayed=charge["charge_id"] == "again",
        )


class Batch(ApiView):
    required_scopes = {"POST": "charges:write"}
    parser_classes = [JsonParser, NdjsonParser]

    @extend_schema(request=BatchBody, responses={200: None})
    def post(self, request: ApiRequest) -> HttpResponse:
        """Post many charges."""
        body = request.data if isinstance(request.data, dict) else {"charges": request.data}
        results = parse_each(ChargeBody, parsed(BatchBody, body)["charges"])
        return answer({"faults": [each if isinstance(each, list) else [] for each in results]})


class Upload(ApiView):
    required_scopes = {"POST": "imports:write"}
    parser_classes = [MultiPartParser]
    parses_first = False

    @extend_schema(request=None, responses={202: None})
    def post(self, request: ApiRequest) -> HttpResponse:
        """Take a file."""
        return answer({"names": sorted(request.FILES)}, status=202)


class AsOfQuery(StrictQuery):
    as_of = InstantField(required=False)


class Wallet(ApiView):
    required_scopes = {"GET": "wallets:read"}
    query_class = AsOfQuery

    @extend_schema(responses={200: None})
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read a wallet."""
        return found({"subscriber_id": subscriber_id, **request.query})


class Step(ApiView):
    required_scopes = {"POST": "redemptions:write"}
    body_is_optional = True

    @extend_schema(request=ContractBody, responses={200: None})
    def post(self, request: ApiRequest) -> HttpResponse:
        """Settle."""
        return answer(request.data, status=200)


class ClientFilters(django_filters.FilterSet):
    name = django_filters.CharFilter()

    class Meta:
        model = Client
        fields = ["is_enabled"]


class Clients(ListView):
    required_scopes = {"GET": "program:read"}
    filterset_class = ClientFilters

    @extend_schema(responses={200: None})
    def get(self, request: ApiRequest) -> HttpResponse:
        """List clients."""
        rows = Client.objects.filter(name__startswith="listed")
        return self.page(rows, by="id", represent=lambda client: {"name": client.name})


class ClientsById(ListView):
    required_scopes = {"GET": "program:read"}
    query_class = PageByIdQuery

    @extend_schema(responses={200: None})
    def get(self, request: ApiRequest) -> HttpResponse:
        """List clients by name, backwards."""
        rows = Client.objects.filter(name__startswith="listed")
        return self.page(rows, by="-name", represent=lambda client: {"name": client.name})


def _wrapped(cause: Exception) -> OperationalError:
    error = OperationalError("wrapped")
    error.__cause__ = cause
    return error


FAILURES: dict[str, Exception] = {
    "refusal": NotEnough("31 points are spendable.", spendable=31, code="never"),
    "not-found": NotFound("No redemption r-1."),
    "in-flight": InFlight(),
    "lock": _wrapped(postgres_errors.LockNotAvailable("timeout")),
    "raw-lock": postgres_errors.LockNotAvailable("timeout"),
    "deadlock": _wrapped(postgres_errors.DeadlockDetected("deadlock")),
    "serialization": _wrapped(postgres_errors.SerializationFailure("serialization")),
    "lost": OperationalError("server closed the connection unexpectedly"),
    "ours": ZeroDivisionError("a secret"),
}


class Failing(ApiView):
    required_scopes = None

    @extend_schema(responses={200: None})
    def get(self, request: ApiRequest, how: str) -> HttpResponse:
        """Fail."""
        raise FAILURES[how]


def failing_page(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


api = [
    path("api/v1/charges", Charges.as_view()),
    path("api/v1/charges/batch", Batch.as_view()),
    path("api/v1/imports", Upload.as_view()),
    path("api/v1/subscribers/<client_id:subscriber_id>/wallet", Wallet.as_view()),
    path("api/v1/steps/settle", Step.as_view()),
    path("api/v1/clients", Clients.as_view()),
    path("api/v1/clients-by-id", ClientsById.as_view()),
    path("api/v1/failing/<slug:how>", Failing.as_view()),
]
urlpatterns = [path("failing-page", failing_page), *api, path("", include(whole))]

handler400 = whole.handler400
handler403 = whole.handler403
handler404 = whole.handler404
handler500 = whole.handler500
