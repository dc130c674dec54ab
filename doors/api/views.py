"""The base of every view: parse first, then authenticate, then answer with orjson.

It is DRF's APIView for whoever inspects it (drf-spectacular), and its own for whoever waits for
an answer: nothing is negotiated that has one outcome only.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from doors.api.authentication import BearerAuthentication, Caller, HasScope
from doors.api.bodies import StrictQuery, reader_of
from doors.api.faults import InvalidInput, Rejected
from doors.api.fields import ClientId, StrictField
from doors.api.limits import count_request
from doors.api.parsing import BodyMissing, JsonParser, body_of, check_charset
from doors.api.preconditions import Header, condition_of
from doors.api.problems import problem_for
from doors.api.rendering import JsonRenderer, json_bytes
from doors.bodies_wanted import is_received
from doors.owned import OwnedKind
from doors.request_lines import request_id_of
from doors.retries import FOR_A_CALLER, retried
from kernel.preconditions import Condition
from trail.acting import acting

_path_id = ClientId()
_READS = {"GET", "HEAD", "OPTIONS"}
_QUERIED = {"GET", "HEAD"}
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ApiRequest(Request):
    """DRF's request, with what `ApiView` found out about it."""

    query: dict[str, Any]
    condition: Condition

    def put_body(self, body: Any) -> None:
        """Let `data` be this; DRF would parse only when it is asked for."""
        self._data = self._full_data = body
        self._files: dict[str, Any] = {}

    def put_nobody(self) -> None:
        """Let nobody be the user, without asking any authenticator."""
        self.user = None  # type: ignore[assignment]
        self.auth = None

    @property
    def caller(self) -> Caller:
        """The client that calls."""
        return cast(Caller, self.user)

    @property
    def actor(self) -> str:
        """How audits name the client that calls: `client:<client_id>`."""
        return self.caller.actor

    def owners_of(self, kind: OwnedKind) -> frozenset[str]:
        """The owners of what the client that calls may see and change of a kind."""
        return self.caller.grant.owners_of(kind)


class ApiView(APIView):
    """A view of the API.

    A subclass gives `required_scopes` for each of its methods and, if it takes any,
    `query_class`. Its methods find the parsed body in `request.data`, the read parameters in
    `request.query` and the caller in `request.actor`, and return `answer(...)`.

    Attributes:
        required_scopes: the scope that each method needs; None for a public view.
        query_class: reads the query string of GET and HEAD. Without one every parameter is
            refused, and with the other methods always.
        refused_reads: the reads that a rule of the program may refuse, for the documentation.
        body_is_optional: an empty body is then an empty object.
        conditions: the preconditions that each method evaluates, as `request.condition`.
        parses_first: False for uploads, which are streamed, and only after authentication.
        accepted: the media ranges of Accept that the answers satisfy.
        writes_trail: False where nothing that is tracked is written (the books, what arrives at
            volume), which is then spared the words of who acts.
    """

    required_scopes: ClassVar[Mapping[str, str] | None]
    query_class: ClassVar[type[StrictQuery]] = StrictQuery
    refused_reads: ClassVar[frozenset[str]] = frozenset()
    body_is_optional: ClassVar[bool] = False
    conditions: ClassVar[Mapping[str, frozenset[Header]]] = {}
    parses_first: ClassVar[bool] = True
    writes_trail: ClassVar[bool] = True
    accepted: ClassVar[frozenset[str]] = frozenset(
        {"*/*", "application/*", "application/json", "application/problem+json"}
    )

    parser_classes = [JsonParser]
    renderer_classes = [JsonRenderer]
    authentication_classes = [BearerAuthentication]
    permission_classes = [HasScope]

    request: ApiRequest

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view; a method without a scope is found here and not by an attacker."""
        required = cls.required_scopes
        if required is None:
            cls.authentication_classes = []
            cls.permission_classes = []
        else:
            served = {m for m in _METHODS - {"HEAD", "OPTIONS"} if hasattr(cls, m.lower())}
            assert served <= set(required), f"{cls.__name__} serves a method without a scope"
            if "GET" in required:
                cls.required_scopes = {"HEAD": required["GET"], **required}
        # Parsers, authenticators and permissions keep no state: one of each serves everyone.
        cls._parsers = {parser.media_type: parser() for parser in cls.parser_classes}
        cls._authenticators = [each() for each in cls.authentication_classes]
        cls._permissions = [each() for each in cls.permission_classes]
        return super().as_view(**initkwargs)

    _parsers: ClassVar[dict[str, Any]]
    _authenticators: ClassVar[list[Any]]
    _permissions: ClassVar[list[Any]]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request: 405, 406, the body's own errors, 401, 403, parameters, the method.

        What can't be read is told before who may not, as far as that costs no query.
        """
        self.args = args
        self.kwargs = kwargs
        self.headers: dict[str, str] = {}
        self.limit_headers: dict[str, str] = {}
        api_request = self.request = ApiRequest(
            request,
            authenticators=self._authenticators,
            parser_context={"kwargs": kwargs},
        )
        api_request.parsers = tuple(self._parsers.values())
        try:
            act = self._method_named(request.method or "")
            _check_accept(request.META.get("HTTP_ACCEPT", "*/*"), self.accepted)
            if self.parses_first and request.method in _METHODS_WITH_BODY:
                if not is_received(request):
                    # A large one: whose it is comes first.
                    self._admit(api_request)
                self._read_body(api_request)
            _check_path(kwargs)
            self._admit(api_request)
            api_request.query = self._query_of(request)
            api_request.condition = self._condition_of(request)
            if self.parses_first:
                # An upload's body is read as it is written, and can't be read again.
                act = retried(FOR_A_CALLER)(act)
            with self._named(api_request):
                response = act(api_request, *args, **kwargs)
        except Exception as error:
            problem = problem_for(error)
            if problem is None:
                raise
            response = problem
        for name, value in self.limit_headers.items():
            response.headers[name] = value
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer with the methods that this address knows."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def _method_named(self, name: str) -> Callable[..., HttpResponseBase]:
        act = getattr(self, name.lower(), None) if name in _METHODS else None
        if act is None:
            raise MethodUnknown(name, self.allowed_methods)
        return cast(Callable[..., HttpResponseBase], act)

    def _read_body(self, request: ApiRequest) -> None:
        body = body_of(request._request)
        if not body:
            if not self.body_is_optional:
                raise BodyMissing
            request.put_body({})
            return
        content_type = request._request.META.get("CONTENT_TYPE", "")
        parser = self._parsers.get(content_type) or self._parsers.get(
            content_type.partition(";")[0].strip().lower()
        )
        if parser is None:
            raise exceptions.UnsupportedMediaType(
                content_type[:100], f"Send one of: {', '.join(self._parsers)}."
            )
        check_charset(request._request)
        request.put_body(parser.parse_bytes(body))

    def _admit(self, request: ApiRequest) -> None:
        """Authenticate, count and check the scope; a public view has nothing to check."""
        if request.method == "OPTIONS" or self.required_scopes is None:
            request.put_nobody()
            return
        # Reading the caller authenticates.
        grant = request.caller.grant
        # Without its body a request is asked for once more, and counted then.
        if is_received(request._request):
            count_request(grant, request.method or "", self.limit_headers)
        for permission in self._permissions:
            permission.has_permission(request, self)

    def _named(self, request: ApiRequest) -> AbstractContextManager[None]:
        """What is changed now is the caller's doing: the audit trail keeps it."""
        is_public = self.required_scopes is None
        if request.method in _READS or is_public or not self.writes_trail:
            return nullcontext()
        by, request_id = request.actor, request_id_of(request._request)
        return acting(by=by, page=request._request.path, request=request_id)

    def _query_of(self, request: HttpRequest) -> dict[str, Any]:
        is_read = request.method in _QUERIED
        query_class = self.query_class if is_read else StrictQuery
        if not request.META.get("QUERY_STRING") and query_class is StrictQuery:
            return {}
        others = self.other_parameters if is_read else {}
        query: dict[str, Any] = reader_of(query_class).read_query(request.GET, also=others)
        return query

    def _condition_of(self, request: HttpRequest) -> Condition:
        method = request.method or ""
        supported = self.conditions.get("GET" if method == "HEAD" else method, frozenset())
        return condition_of(method, request.META, supported)

    @cached_property
    def other_parameters(self) -> Mapping[str, StrictField]:
        """Query parameters besides those of `query_class` (a filter set's)."""
        return {}


class MethodUnknown(exceptions.MethodNotAllowed):
    """A method that this address doesn't know; RFC 9110 wants the others named."""

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(method[:20])
        self.headers = {"Allow": ", ".join(allowed)}


def answer(body: Any, *, replayed: bool = False, status: int = 201) -> HttpResponse:
    """Return the answer to a write: 201 the first time, 200 and a header when repeated.

    Args:
        body: JSON values; dates and aware times are written as RFC 3339.
        replayed: the same id and content were sent before.
        status: what the first time is answered with (200 for steps and upserts).
    """
    if replayed:
        return HttpResponse(
            json_bytes(body),
            content_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    return HttpResponse(json_bytes(body), status=status, content_type="application/json")


def found(body: Any) -> HttpResponse:
    """Return the answer to a read."""
    return HttpResponse(json_bytes(body), content_type="application/json")


def _check_accept(accept: str, accepted: frozenset[str]) -> None:
    """Refuse a client that couldn't read the answer.

    Raises:
        NotAcceptable: none of its media ranges covers what there is.
    """
    if accept in accepted or not accept:
        return
    for media_range in accept.lower().split(","):
        kind, *parameters = (part.strip().replace(" ", "") for part in media_range.split(";"))
        if kind in accepted and not any(p in ("q=0", "q=0.0") for p in parameters):
            return
    raise exceptions.NotAcceptable("Answers are application/json.")


def _check_path(parts: Mapping[str, Any]) -> None:
    """Refuse ids in the path that couldn't be ids in a body.

    Raises:
        InvalidInput: too long, or not printable.
    """
    for name, part in parts.items():
        if type(part) is str:
            try:
                _path_id.read(part)
            except Rejected as rejection:
                faults = [fault.beneath(name) for fault in rejection.faults]
                raise InvalidInput(faults, place="parameter") from None
