"""What the items of accounts' news hold."""

from typing import Any

from rest_framework import serializers as s

from accounts import news
from accounts.policy.history import STATUSES


class SubscriberEventItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    status = s.ChoiceField(STATUSES)
    since = s.DateTimeField()


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.REGISTERED: ("Billing reported a subscriber for the first time.", SubscriberEventItem),
    news.STATUS_CHANGED: ("A subscriber's status is another one.", SubscriberEventItem),
    news.CLOSED: (
        "A subscriber is closed: reservations are released, and points left are revoked 30 days"
        " later.",
        SubscriberEventItem,
    ),
}
