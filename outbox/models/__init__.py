"""Announced events, and the webhooks that bring them outside."""

from outbox.models.endpoints import Endpoint, EndpointStep, Replay
from outbox.models.events import Event
from outbox.models.messages import Attempt, Message

__all__ = ["Attempt", "Endpoint", "EndpointStep", "Event", "Message", "Replay"]
