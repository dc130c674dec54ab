"""What a case tool says of cases, read."""

from typing import Any

from doors.api.bodies import StrictList, StrictSerializer
from doors.api.fields import ClientId, InstantField, StrictChoice, StrictInteger, StrictString
from fraud.policy.cases import VERDICTS
from fraud.policy.rules import RULES
from fraud.policy.verdicts import REFUSE, RELEASE, Verdict
from fraud.queries.people import ids_called

REASON_MAX = 500
BLOCKED_MAX = 50
LINKED_MAX = 200


class ClaimIn(StrictSerializer):
    """The body of `POST /cases/{id}/claim`."""

    analyst = ClientId(help_text="Who acts, as the case tool calls them.")


class EscalationIn(ClaimIn):
    """The body of `POST /cases/{id}/escalate`."""

    reason = StrictString(max_length=REASON_MAX)


class SnoozeIn(EscalationIn):
    """The body of `POST /cases/{id}/snooze`."""

    until = InstantField()


class VerdictIn(EscalationIn):
    """The body of `POST /cases/{id}/verdict`."""

    verdict = StrictChoice(VERDICTS)
    consequence = StrictChoice(
        (RELEASE, REFUSE),
        required=False,
        help_text="What becomes of the benefit, if the verdict is inconclusive.",
    )
    block_identifiers = StrictList(
        StrictInteger(min_value=1, max_value=2**63 - 1), max_items=BLOCKED_MAX, required=False
    )
    linked_subscribers = StrictList(ClientId(), max_items=LINKED_MAX, required=False)
    snooze_rules = StrictList(
        StrictChoice(tuple(rule.name for rule in RULES if not rule.is_fixed)),
        max_items=len(RULES),
        required=False,
    )
    snooze_until = InstantField(required=False, allow_null=True)


def verdict_of(said: dict[str, Any]) -> Verdict:
    """A verdict in the words of the verb that takes it.

    Raises:
        NoSuchSubscriber: a linked subscriber is unknown.
    """
    return Verdict(
        said["verdict"],
        said["reason"],
        said.get("consequence", ""),
        block=said.get("block_identifiers", ()),
        linked=ids_called(said.get("linked_subscribers", ())),
        snooze_rules=said.get("snooze_rules", ()),
        snooze_until=said.get("snooze_until"),
    )
