"""Addresses of webhooks."""

from django.urls import path

from outbox.api.views import (
    MessagesView,
    ReplayView,
    RotateSecretView,
    TestView,
    WebhooksView,
    WebhookView,
)

_ONE = "webhooks/<client_id:webhook_id>"

urlpatterns = [
    path("webhooks", WebhooksView.as_view(), name="webhooks"),
    path(f"{_ONE}/rotate-secret", RotateSecretView.as_view(), name="webhook-rotate-secret"),
    path(f"{_ONE}/test", TestView.as_view(), name="webhook-test"),
    path(f"{_ONE}/replay", ReplayView.as_view(), name="webhook-replay"),
    path(f"{_ONE}/messages", MessagesView.as_view(), name="webhook-messages"),
    path(_ONE, WebhookView.as_view(), name="webhook"),
]
