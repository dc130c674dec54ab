"""Webhooks and their messages as the API answers."""

from typing import Any

from rest_framework import serializers

from doors.api.openapi import page_of
from outbox.models import Endpoint, Message, Replay
from outbox.policy.endpoints import ENDPOINT_STATUSES, REMOVED
from outbox.policy.retries import MESSAGE_STATUSES
from outbox.policy.signing import message_id

SHOWN_STATUSES = tuple(status for status in ENDPOINT_STATUSES if status != REMOVED)


class DisabledOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()


class WebhookOut(serializers.Serializer[Any]):
    webhook_id = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(SHOWN_STATUSES)
    disabled = DisabledOut(allow_null=True)
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first of an unbroken row of failures."
    )
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the secret before signs as well."
    )
    created_at = serializers.DateTimeField()


class WebhookWithSecretOut(WebhookOut):
    secret = serializers.CharField(
        allow_null=True, help_text="Told once, with the first answer; null when repeated."
    )


WebhooksOut = page_of(WebhookOut, serializers.IntegerField(allow_null=True))


class MessageOut(serializers.Serializer[Any]):
    message_id = serializers.CharField(help_text="Its `webhook-id` header.")
    event = serializers.CharField()
    event_id = serializers.IntegerField(allow_null=True)
    replay_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(MESSAGE_STATUSES)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    last_answer = serializers.IntegerField(allow_null=True, help_text="An HTTP status.")
    last_error = serializers.CharField()
    announced_at = serializers.DateTimeField()


MessagesOut = page_of(MessageOut, serializers.IntegerField(allow_null=True))


class ReplayOut(serializers.Serializer[Any]):
    replay_id = serializers.CharField()
    webhook_id = serializers.CharField()
    event_id = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    messages = serializers.IntegerField(help_text="Written so far.")
    finished_at = serializers.DateTimeField(allow_null=True)


class TestOut(serializers.Serializer[Any]):
    test_id = serializers.CharField()
    webhook_id = serializers.CharField()


def webhook_shown(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint, without what signs."""
    disabled = None
    if endpoint.disabled_at is not None:
        disabled = {
            "at": endpoint.disabled_at,
            "by": endpoint.disabled_by,
            "reason": endpoint.disabled_reason,
        }
    return {
        "webhook_id": endpoint.webhook_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.names,
        "status": endpoint.status,
        "disabled": disabled,
        "failing_since": endpoint.failing_since,
        "previous_secret_until": endpoint.previous_until,
        "created_at": endpoint.created_at,
    }


def message_shown(message: Message) -> dict[str, Any]:
    """A message and how far it is."""
    return {
        "message_id": message_id(message.pk),
        "event": message.name,
        "event_id": message.event_id,
        "replay_id": message.replay.replay_id if message.replay else None,
        "status": message.status,
        "attempts": message.attempts_made,
        "next_attempt_at": None if message.ended_at else message.next_attempt_at,
        "ended_at": message.ended_at,
        "last_answer": message.last_status,
        "last_error": message.last_error,
        "announced_at": message.announced_at,
    }


def replay_shown(replay: Replay, webhook_id: str) -> dict[str, Any]:
    """A replay and how far it is."""
    return {
        "replay_id": replay.replay_id,
        "webhook_id": webhook_id,
        "event_id": replay.event_id,
        "since": replay.since,
        "until": replay.until,
        "messages": replay.messages,
        "finished_at": replay.finished_at,
    }
