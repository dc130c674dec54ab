"""Every event with the schema of its items, and how the OpenAPI document shows it as a webhook."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import (
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers as s

from accounts.api import events as of_accounts
from fraud.api import events as of_fraud
from imports.api import events as of_imports
from loyalty.api import events as of_loyalty
from outbox.api import events as of_outbox
from referrals.api import events as of_referrals

EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    **of_accounts.EVENTS,
    **of_loyalty.EVENTS,
    **of_referrals.EVENTS,
    **of_fraud.EVENTS,
    **of_imports.EVENTS,
    **of_outbox.EVENTS,
}

_DESCRIPTION = (
    "Sent by POST to every webhook that hears it, with the headers `webhook-id`,"
    " `webhook-timestamp` and `webhook-signature` of the Standard Webhooks specification. Any 2xx"
    " takes it; 410 ends the webhook; everything else is tried again for three days."
)


def __getattr__(attribute: str) -> OpenApiWebhook:
    """The webhook of an event, by its name with an underscore for the dot."""
    for name in settings.NEWS_OUTSIDE:
        if name.replace(".", "_") == attribute:
            return _webhook(name)
    raise AttributeError(attribute)


def _webhook(name: str) -> OpenApiWebhook:
    summary, item = EVENTS[name]
    called = "".join(word.capitalize() for word in name.replace(".", "_").split("_"))
    data = inline_serializer(
        f"{called}Data",
        {
            "event_id": s.IntegerField(allow_null=True, help_text="What a replay asks for."),
            "items": item(many=True, help_text="Of one lane of subscribers, 500 at most."),
            "replay_id": s.CharField(required=False, help_text="Only of a replay."),
        },
    )
    message = inline_serializer(
        f"{called}Message",
        {
            "type": _constant(name),
            "timestamp": s.DateTimeField(help_text="When it was announced."),
            "data": data,
        },
    )
    shown = extend_schema(
        summary=summary.rstrip("."),
        description=_DESCRIPTION,
        request=message,
        responses={204: OpenApiResponse(description="Taken, as with any other 2xx.")},
        tags=["events"],
    )
    return OpenApiWebhook(name, shown)


def _constant(value: str) -> s.Field[Any, Any, Any, Any]:
    @extend_schema_field({"type": "string", "const": value})
    class Constant(s.CharField):
        pass

    return Constant()
