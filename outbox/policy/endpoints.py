"""What an endpoint is, what it hears, and what may be refused about it."""

from collections.abc import Collection

from kernel.refusals import NotFound, Refusal

ENABLED = "enabled"
DISABLED = "disabled"
REMOVED = "removed"
ENDPOINT_STATUSES = (ENABLED, DISABLED, REMOVED)

NAMES_MAX = 100


class UnknownWebhook(NotFound):
    """The id of an endpoint that was never registered, or was removed."""

    code = "unknown_webhook"
    title = "There is no webhook with this id."


class UnknownEvent(NotFound):
    """The id of an event that isn't kept, or not any more."""

    code = "unknown_event"
    title = "There is no event with this id; events are kept for a limited time."


class WebhookDisabled(Refusal):
    """A disabled endpoint is sent nothing."""

    code = "webhook_disabled"
    title = "The webhook is disabled; enable it first."


class WebhookLimitReached(Refusal):
    """Every endpoint is sent a copy of what it hears."""

    code = "webhook_limit_reached"
    title = "There are as many webhooks as there may be."


class UnknownEventName(Refusal):
    """A name that nothing is announced under."""

    code = "unknown_event_name"
    title = "Nothing is announced under this name."


def refusal_for_names(names: Collection[str], known: Collection[str]) -> Refusal | None:
    """Refuse to listen for what will never be said."""
    unknown = sorted(set(names) - set(known))
    return UnknownEventName(f"Nothing is announced under {unknown[0]}.") if unknown else None
