"""Webhooks, what is sent to them, and how far the news is behind."""

from outbox.admin import endpoints, messages

__all__ = ["endpoints", "messages"]
