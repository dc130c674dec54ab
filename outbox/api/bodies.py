"""What clients say about webhooks."""

from collections.abc import Iterable
from typing import Any

from doors.api.bodies import StrictList, StrictSerializer
from doors.api.faults import Fault
from doors.api.fields import ClientId, InstantField, StrictChoice, StrictInteger, StrictString
from outbox.policy.addresses import URL_LENGTH_MAX
from outbox.policy.endpoints import DISABLED, ENABLED, NAMES_MAX

_URL_HELP = "https, with a public host; no name, password or fragment within."
_EVENTS_HELP = "The names that it hears; none means all, also those to come."


class EventName(StrictString):
    """A name in dotted past tense."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, pattern=r"[a-z_]+\.[a-z_]+", **options)


class WebhookIn(StrictSerializer):
    webhook_id = ClientId(help_text="Made by the client: the idempotency key, for ever.")
    url = StrictString(max_length=URL_LENGTH_MAX, help_text=_URL_HELP)
    description = StrictString(required=False)
    events = StrictList(EventName(), max_items=NAMES_MAX, required=False, help_text=_EVENTS_HELP)


class WebhookChangeIn(StrictSerializer):
    url = StrictString(max_length=URL_LENGTH_MAX, required=False, help_text=_URL_HELP)
    description = StrictString(required=False)
    events = StrictList(EventName(), max_items=NAMES_MAX, required=False, help_text=_EVENTS_HELP)
    status = StrictChoice((ENABLED, DISABLED), required=False)


class RotationIn(StrictSerializer):
    rotation_id = ClientId(help_text="Made by the client: repeated, it rotates nothing.")


class TestIn(StrictSerializer):
    test_id = ClientId(help_text="Made by the client; the message says it.")


class ReplayIn(StrictSerializer):
    replay_id = ClientId(help_text="Made by the client; each of the messages says it.")
    event_id = StrictInteger(
        min_value=1, max_value=2**63 - 1, required=False, help_text="One event, or a span of time."
    )
    since = InstantField(required=False, help_text="The first announcement.")
    until = InstantField(required=False, help_text="The end of the span; not included.")

    def faults(self, values: dict[str, Any]) -> Iterable[Fault]:
        spans = [name for name in ("since", "until") if name in values]
        if "event_id" in values:
            for name in spans:
                yield Fault((name,), "unexpected", "An event, or a span of time; not both.")
        elif not spans:
            yield Fault(("event_id",), "required", "Give event_id, or since and until.")
        elif len(spans) == 1:
            [missing] = {"since", "until"} - set(spans)
            yield Fault((missing,), "required", "A span has a beginning and an end.")
        elif values["since"] >= values["until"]:
            yield Fault(("until",), "too_small", "A span ends after it begins.")
