"""The outbox, as Django knows it."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "outbox"
