"""What the outbox itself announces."""

TESTED = "webhook.tested"
