"""Writing news."""

from outbox.operations.publish import publish

__all__ = ["publish"]
