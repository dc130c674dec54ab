"""Billing reports subscribers, and reads them back."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers

from accounts.api.bodies import SubscriberIn, subscriber_item
from accounts.models import Subscriber
from accounts.operations import (
    PutOutcome,
    SubscriberItem,
    put_subscriber_if,
    put_subscribers,
    read_personal_data,
)
from accounts.policy.identifiers import MAILBOX
from accounts.policy.vault import BIRTH_DATE, PERSONAL_FIELDS
from accounts.queries.subscribers import NoSuchSubscriber, subscriber_called
from accounts.queries.tags import tags_of
from doors.api.bodies import StrictQuery, parsed
from doors.api.fields import StrictString
from doors.api.preconditions import BY_TAG, not_modified, tagged
from doors.api.views import ApiRequest, ApiView, answer, found
from kernel.preconditions import UNCONDITIONAL, Condition
from kernel.refusals import PreconditionFailed

_SAID: dict[str, Any] = {
    "msisdn": "+79161234567",
    "status": "active",
    "activated_at": "2025-06-01T09:00:00+03:00",
    "plan": "Month-to-month",
    "region": "Moscow",
    "name": "Анна Ивановна Петрова",
    "contract": {"months": 12, "ends_on": "2026-06-01"},
    "verified": {"phone": True, "identity": True},
    "identifiers": [
        {"kind": "card", "value": "tok_4f1c9b"},
        {"kind": "device", "value": "356938035643809", "until": "2026-10-31T18:00:00+03:00"},
    ],
    "reported_at": "2026-11-01T09:57:30+03:00",
}
_SHOWN: dict[str, Any] = {
    "subscriber_id": "S-1001",
    "msisdn": "…4567",
    "status": "active",
    "status_since": "2025-06-01T06:00:00Z",
    "activated_at": "2025-06-01T06:00:00Z",
    "closed_at": None,
    "plan": "Month-to-month",
    "region": "Moscow",
    "birth_date": None,
    "contract": {"months": 12, "ends_on": "2026-06-01"},
    "verified": {"phone": True, "identity": True},
    "identifiers": [
        {
            "kind": "card",
            "hint": "…9b",
            "first_seen_at": "2026-11-01T06:58:00Z",
            "last_seen_at": "2026-11-01T06:58:00Z",
            "ended_at": None,
        },
        {
            "kind": "device",
            "hint": "…4380",
            "first_seen_at": "2026-10-31T15:00:00Z",
            "last_seen_at": "2026-10-31T15:00:00Z",
            "ended_at": "2026-10-31T15:00:00Z",
        },
        {
            "kind": "phone",
            "hint": "…4567",
            "first_seen_at": "2026-11-01T06:58:00Z",
            "last_seen_at": "2026-11-01T06:58:00Z",
            "ended_at": None,
        },
    ],
    "history": [{"status": "active", "starts_at": "2025-06-01T06:00:00Z", "ends_at": None}],
    "reported_at": "2026-11-01T06:57:30Z",
}
PERSONAL = OpenApiExample(
    "What the vault holds",
    {
        "subscriber_id": "S-1001",
        "name": "Анна Ивановна Петрова",
        "msisdn": "+79161234567",
        "email": "anna@example.com",
        "address": None,
        "birth_date": "1990-02-28",
    },
    response_only=True,
)
# Raw values are for those who may see them, and who sees them is kept.
_PERSONAL = "personal:read"
EXAMPLES = [
    OpenApiExample("An active subscriber", _SAID, request_only=True),
    *(
        OpenApiExample("As kept", _SHOWN, response_only=True, status_codes=[status])
        for status in ("200", "201")
    ),
]


IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description='Entity tags, as `"a1b2"`, or `*`: if none of them is current, 412'
    " `precondition_failed`, and nothing is written.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    location=OpenApiParameter.HEADER,
    description="Entity tags or `*`. One of them is current: 304 to a GET, 412"
    " `precondition_failed` to a PUT.",
)
ETAG = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=[200, 201],
    required=True,
    description="Strong; another one whenever the answer is another, and for clients with other"
    " scopes.",
)


class StatusPeriodOut(serializers.Serializer[Any]):
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)


class IdentifierOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    hint = serializers.CharField(help_text="Masked; the value itself is not kept.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When it was given up, or the line closed; null while the subscriber has it.",
    )


class ContractOut(serializers.Serializer[Any]):
    months = serializers.IntegerField()
    ends_on = serializers.DateField()


class VerifiedOut(serializers.Serializer[Any]):
    phone = serializers.BooleanField()
    identity = serializers.BooleanField()


class SubscriberOut(serializers.Serializer[Any]):
    subscriber_id = serializers.CharField()
    msisdn = serializers.CharField(allow_null=True, help_text="Masked.")
    status = serializers.CharField()
    status_since = serializers.DateTimeField()
    activated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    plan = serializers.CharField()
    region = serializers.CharField()
    birth_date = serializers.DateField(
        allow_null=True, help_text="Null if it is unknown, or without the scope personal:read."
    )
    contract = ContractOut(allow_null=True)
    verified = VerifiedOut()
    identifiers = IdentifierOut(many=True)
    history = StatusPeriodOut(many=True)
    reported_at = serializers.DateTimeField(help_text="The moment of the newest report.")


class PersonalQuery(StrictQuery):
    """Why a client looks."""

    reason = StrictString(max_length=500)


class PersonalOut(serializers.Serializer[Any]):
    subscriber_id = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    msisdn = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    birth_date = serializers.DateField(allow_null=True)


class SubscriberView(ApiView):
    """One subscriber."""

    writes_trail = False
    required_scopes = {"GET": "subscribers:read", "PUT": "subscribers:write"}
    conditions = {"GET": BY_TAG, "PUT": BY_TAG}

    @extend_schema(
        request=SubscriberIn,
        responses={200: SubscriberOut, 201: SubscriberOut},
        parameters=[IF_MATCH, IF_NONE_MATCH, ETAG],
        examples=EXAMPLES,
    )
    def put(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Make a subscriber be what billing says.

        201 for a new one. Absent optional members are kept, `identifiers` adds; one with `until`
        was given up then, and links nobody to those who have it later. Named again in a later
        report without `until`, it is in use again. A change of `msisdn` gives up the former
        number, and `closed` what passes from hand to hand: numbers, devices, addresses. Without
        `status_since` a new status begins at activation, at `closed_at`, or now; an earlier
        date corrects the history, and an omitted one erases nothing of it.

        A report that is older than the newest one (`reported_at`) changes nothing: 409
        `stale_report`, with the newer one's `reported_at`. Of two reports of one moment the one
        received later counts. With `If-Match` the report is taken in only if the subscriber is
        as that `ETag` says, with `If-None-Match: *` only if there is none yet: else 412.

        An identifier whose value stands for "unknown" (zeros, `N/A`, a private IP address) is
        accepted and not kept. Of a `card` send your payment provider's fingerprint, the same with
        each payment: a card's number is refused (`card_number`).
        """
        item = subscriber_item(subscriber_id, parsed(SubscriberIn, request.data))
        outcome = _put(item, request.condition)
        if outcome.refusal is not None:
            raise outcome.refusal
        tag = _tag_for(request, subscriber_id)
        body = _shown_to(request, subscriber_called(subscriber_id))
        return tagged(answer(body, status=201 if outcome.created else 200), tag)

    @extend_schema(
        responses={200: SubscriberOut, 304: None},
        parameters=[IF_NONE_MATCH, ETAG],
        examples=EXAMPLES[1:2],
    )
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read a subscriber; identifiers are masked.

        304 without a body if `If-None-Match` names the current `ETag`.
        """
        tag = _tag_for(request, subscriber_id)
        if not request.condition._replace(none_match=None).is_met((tag,)):
            raise PreconditionFailed
        if not request.condition.is_met((tag,)):
            return not_modified(tag)
        return tagged(found(_shown_to(request, subscriber_called(subscriber_id))), tag)


class PersonalView(ApiView):
    """What the vault holds of one subscriber."""

    required_scopes = {"GET": _PERSONAL}
    query_class = PersonalQuery
    refused_reads = frozenset({"GET"})

    @extend_schema(responses=PersonalOut, examples=[PERSONAL])
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read a subscriber's name, contacts and birth date.

        That the client did, when and with which `reason`, is kept for good.
        """
        subscriber = subscriber_called(subscriber_id)
        personal = read_personal_data(
            subscriber_id=subscriber.pk,
            by=request.actor,
            reason=request.query["reason"],
            now=datetime.now(UTC),
        )
        names = {name: personal.get(name) for name in PERSONAL_FIELDS}
        return found({"subscriber_id": subscriber_id, **names})


def _put(item: SubscriberItem, condition: Condition) -> PutOutcome:
    now = datetime.now(UTC)
    if condition != UNCONDITIONAL:
        return put_subscriber_if(subscriber=item, condition=condition, now=now)
    [outcome] = put_subscribers(subscribers=[item], now=now)
    return outcome


def _tag_for(request: ApiRequest, subscriber_id: str) -> str:
    """The tag of what this client is shown.

    It is read before the body: a change in between makes the tag one that matches nothing, and
    the client reads again. The other way round its next write could undo that change.
    """
    tags = tags_of(subscriber_id)
    if tags is None:
        raise NoSuchSubscriber
    return tags.personal if _PERSONAL in request.caller.scopes else tags.masked


def _shown_to(request: ApiRequest, subscriber: Subscriber) -> dict[str, Any]:
    """A subscriber as a client may see them; a look into the vault is kept."""
    birth_date = None
    if _PERSONAL in request.caller.scopes:
        birth_date = read_personal_data(
            subscriber_id=subscriber.pk,
            by=request.actor,
            reason=f"{request.method} of the subscriber",
            now=datetime.now(UTC),
            only=[BIRTH_DATE],
        ).get(BIRTH_DATE)
    return shown(subscriber, birth_date)


def shown(subscriber: Subscriber, birth_date: str | None) -> dict[str, Any]:
    """A subscriber as the API answers."""
    history = [
        {"status": each.status, "starts_at": each.starts_at, "ends_at": each.ends_at}
        for each in subscriber.status_periods.order_by("starts_at")
    ]
    uses = subscriber.identifier_uses.select_related("identifier").order_by("id")
    # A mailbox is our own reading of an e-mail address that is listed already.
    uses = uses.exclude(identifier__kind=MAILBOX)
    has_contract = subscriber.contract_months is not None
    return {
        "subscriber_id": subscriber.external_id,
        "msisdn": subscriber.msisdn.hint if subscriber.msisdn else None,
        "status": subscriber.status,
        "status_since": history[-1]["starts_at"],
        "activated_at": subscriber.activated_at,
        "closed_at": subscriber.closed_at,
        "plan": subscriber.plan,
        "region": subscriber.region,
        "birth_date": birth_date,
        "contract": {
            "months": subscriber.contract_months,
            "ends_on": subscriber.contract_ends_on,
        }
        if has_contract
        else None,
        "verified": {
            "phone": subscriber.phone_verified,
            "identity": subscriber.identity_verified,
        },
        "identifiers": [
            {
                "kind": use.identifier.kind,
                "hint": use.identifier.hint,
                "first_seen_at": use.first_seen_at,
                "last_seen_at": use.last_seen_at,
                "ended_at": use.ended_at,
            }
            for use in uses
        ],
        "history": history,
        "reported_at": subscriber.reported_at or subscriber.updated_at,
    }
