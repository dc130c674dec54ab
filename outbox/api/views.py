"""Webhooks: registered, changed, tried out, and what was sent to them."""

from datetime import UTC, datetime

import django_filters
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, answer, found
from doors.owned import OwnedKind
from outbox.api import examples
from outbox.api.answers import (
    SHOWN_STATUSES,
    MessagesOut,
    ReplayOut,
    TestOut,
    WebhookOut,
    WebhooksOut,
    WebhookWithSecretOut,
    message_shown,
    replay_shown,
    webhook_shown,
)
from outbox.api.bodies import ReplayIn, RotationIn, TestIn, WebhookChangeIn, WebhookIn
from outbox.models import Endpoint, Message
from outbox.operations.register_endpoints import register_endpoint, rotate_secret
from outbox.operations.replay_events import Span, ask_for_replay
from outbox.operations.switch_endpoints import remove_endpoint
from outbox.operations.tell_endpoints import tell_endpoint
from outbox.operations.try_endpoints import try_endpoint
from outbox.policy.retries import MESSAGE_STATUSES
from outbox.queries.endpoints import endpoint_called, endpoints_kept

_WRITES = "webhooks:write"
_READS = "webhooks:read"


class WebhookFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=[(word, word) for word in SHOWN_STATUSES])

    class Meta:
        model = Endpoint
        fields: tuple[str, ...] = ()


class MessageFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=[(word, word) for word in MESSAGE_STATUSES])

    class Meta:
        model = Message
        fields: tuple[str, ...] = ()


class WebhooksView(ListView):
    """Webhooks: registered, and listed."""

    required_scopes = {"GET": _READS, "POST": _WRITES}
    filterset_class = WebhookFilter

    @extend_schema(
        request=WebhookIn,
        responses={201: WebhookWithSecretOut, 200: WebhookWithSecretOut},
        examples=examples.REGISTERED,
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Register a webhook: an https address that is sent what it hears, signed.

        The secret that verifies the signatures is told once, in the answer with 201. Repeated,
        the call answers without it; who lost it rotates it.
        """
        said = parsed(WebhookIn, request.data)
        registered = register_endpoint(
            webhook_id=said["webhook_id"],
            url=said["url"],
            description=said.get("description", ""),
            names=said.get("events", []),
            by=request.actor,
            now=datetime.now(UTC),
            owner=request.actor,
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        body = webhook_shown(registered.endpoint) | {"secret": registered.secret}
        return _once(answer(body, replayed=registered.replayed))

    @extend_schema(responses=WebhooksOut, examples=examples.LISTED)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List the client's webhooks, the earliest registered first."""
        owners = request.owners_of(OwnedKind.WEBHOOKS)
        return self.page(endpoints_kept(owners), by="id", represent=webhook_shown)


class WebhookView(ApiView):
    """One webhook."""

    required_scopes = {"GET": _READS, "PATCH": _WRITES, "DELETE": _WRITES}

    @extend_schema(responses=WebhookOut, examples=examples.ONE)
    def get(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Read a webhook; its secret is never told again."""
        owners = request.owners_of(OwnedKind.WEBHOOKS)
        return found(webhook_shown(endpoint_called(webhook_id, owners)))

    @extend_schema(request=WebhookChangeIn, responses=WebhookOut, examples=examples.CHANGED)
    def patch(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Change a webhook; absent members stay as they are.

        One that is disabled is sent nothing, and what it waited for is cancelled; after it is
        enabled again, a replay by time brings what it missed.
        """
        said = parsed(WebhookChangeIn, request.data)
        changes = {"names" if name == "events" else name: said[name] for name in said}
        endpoint = tell_endpoint(
            webhook_id=webhook_id,
            changes=changes,
            by=request.actor,
            now=datetime.now(UTC),
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        return found(webhook_shown(endpoint))

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Remove a webhook: it is sent nothing more, and its id is not used again."""
        remove_endpoint(
            webhook_id=webhook_id,
            by=request.actor,
            now=datetime.now(UTC),
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        return HttpResponse(status=204)


class RotateSecretView(ApiView):
    """The secret of a webhook."""

    required_scopes = {"POST": _WRITES}

    @extend_schema(
        request=RotationIn,
        responses={201: WebhookWithSecretOut, 200: WebhookWithSecretOut},
        examples=examples.ROTATED,
    )
    def post(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Give a webhook a new secret, told once.

        For 24 hours messages are signed with both, so that the receiver can change over in its
        own time.
        """
        said = parsed(RotationIn, request.data)
        rotated = rotate_secret(
            webhook_id=webhook_id,
            rotation_id=said["rotation_id"],
            by=request.actor,
            now=datetime.now(UTC),
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        body = webhook_shown(rotated.endpoint) | {"secret": rotated.secret}
        return _once(answer(body, replayed=rotated.replayed))


class TestView(ApiView):
    """A trial of a webhook."""

    required_scopes = {"POST": _WRITES}

    @extend_schema(request=TestIn, responses={202: TestOut, 200: TestOut}, examples=examples.TESTED)
    def post(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Send a webhook a `webhook.tested` message, whatever it hears."""
        said = parsed(TestIn, request.data)
        tried = try_endpoint(
            webhook_id=webhook_id,
            test_id=said["test_id"],
            by=request.actor,
            now=datetime.now(UTC),
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        body = {"test_id": said["test_id"], "webhook_id": webhook_id}
        return answer(body, replayed=tried.replayed, status=202)


class ReplayView(ApiView):
    """What a webhook is sent again."""

    required_scopes = {"POST": _WRITES}

    @extend_schema(
        request=ReplayIn, responses={202: ReplayOut, 200: ReplayOut}, examples=examples.REPLAYED
    )
    def post(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """Send a webhook again one event, or what it hears of those of a span of time.

        As new messages that say the `replay_id`; repeated under the same id, the call writes
        none and answers how far it is. Events are kept for a limited time, by default 30 days.
        """
        said = parsed(ReplayIn, request.data)
        what = said["event_id"] if "event_id" in said else Span(said["since"], said["until"])
        asked = ask_for_replay(
            webhook_id=webhook_id,
            replay_id=said["replay_id"],
            what=what,
            by=request.actor,
            now=datetime.now(UTC),
            owners=request.owners_of(OwnedKind.WEBHOOKS),
        )
        return answer(replay_shown(asked.replay, webhook_id), replayed=asked.replayed, status=202)


class MessagesView(ListView):
    """What a webhook was sent."""

    required_scopes = {"GET": _READS}
    filterset_class = MessageFilter

    @extend_schema(responses=MessagesOut, examples=examples.MESSAGES)
    def get(self, request: ApiRequest, webhook_id: str) -> HttpResponse:
        """List the messages of a webhook, the newest first."""
        endpoint = endpoint_called(webhook_id, request.owners_of(OwnedKind.WEBHOOKS))
        rows = Message.objects.filter(endpoint=endpoint).select_related("replay")
        return self.page(rows, by="-id", represent=message_shown)


def _once(response: HttpResponse) -> HttpResponse:
    """An answer with a secret is kept by nobody on the way."""
    response["Cache-Control"] = "no-store"
    return response
