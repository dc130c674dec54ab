"""Rules: what is stopped outright, whatever the score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fraud.policy.facts import Facts

ACTIONS = ("off", "review", "refuse")
BENEFITS = ("payout", "redemption")


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to stop a subject.

    Attributes:
        name: its stable key in rule sets and assessments.
        title: for people.
        subjects: the types it looks at.
        action: what it does unless a rule set says otherwise: "review" or "refuse".
        hits: the sentence that says what was found, or None.
    """

    name: str
    title: str
    subjects: tuple[str, ...]
    action: str
    hits: Callable[[Facts], str | None]


def _blocked(facts: Facts) -> str | None:
    kinds = sorted({match.kind for match in facts.matches if match.is_blocked})
    return f"On the block list: {', '.join(kinds)}." if kinds else None


def _shared_with(kinds: frozenset[str], *whom: str) -> Callable[[Facts], str | None]:
    def hits(facts: Facts) -> str | None:
        found = sorted({m.kind for m in facts.matches if m.kind in kinds and m.with_whom in whom})
        return f"Seen with somebody else's {', '.join(found)}." if found else None

    return hits


def _standing(facts: Facts) -> str | None:
    if facts.standing == "normal":
        return None
    return f"The subscriber's standing is {facts.standing}."


def _unique_instrument(facts: Facts) -> str | None:
    if facts.is_first_redemption and facts.instrument_is_shared:
        return "The payment instrument of a first redemption is somebody else's too."
    return None


def _verification(facts: Facts) -> str | None:
    return None if facts.is_verified else "A verification that is needed is missing."


def _cap(facts: Facts) -> str | None:
    return "The benefits would exceed a cap." if facts.above_cap else None


_ALL = ("payout", "redemption", "join", "registration")
_PARTIES = ("inviter", "invitee")

RULES: tuple[Rule, ...] = (
    Rule("blocked_identifier", "Blocked identifier", _ALL, "refuse", _blocked),
    Rule("standing", "Standing of the subscriber", BENEFITS, "review", _standing),
    Rule(
        "self_referral",
        "Self-referral",
        ("payout", "join"),
        "review",
        _shared_with(frozenset({"passport", "card", "device", "phone"}), "inviter"),
    ),
    Rule(
        "shared_by_invitees",
        "Invitees who are one person",
        ("payout", "join"),
        "review",
        _shared_with(frozenset({"passport", "card", "device"}), "invitee"),
    ),
    Rule(
        "household",
        "Same household",
        ("payout", "join"),
        "review",
        _shared_with(frozenset({"address"}), *_PARTIES),
    ),
    Rule(
        "same_passport_or_card",
        "Passport or card of somebody else",
        _ALL,
        "review",
        _shared_with(frozenset({"passport", "card"}), "subscriber"),
    ),
    Rule(
        "instrument_not_unique",
        "Payment instrument not unique",
        ("redemption",),
        "review",
        _unique_instrument,
    ),
    Rule("verification_missing", "Verification missing", BENEFITS, "review", _verification),
    Rule("cap", "Above a cap", ("payout",), "review", _cap),
)
BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
