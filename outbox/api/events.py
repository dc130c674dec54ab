"""What the items of the outbox's own news hold."""

from typing import Any

from rest_framework import serializers as s

from outbox import news


class WebhookTestedItem(s.Serializer[Any]):
    webhook_id = s.CharField()
    test_id = s.CharField(allow_null=True, help_text="Null if a person tried it in the admin.")


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.TESTED: ("Somebody tried this webhook out.", WebhookTestedItem),
}
