"""Rules: what is stopped outright, whatever the score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fraud.policy.facts import Facts
from fraud.policy.standings import BLOCKED, WATCHED

ACTIONS = ("off", "review", "refuse")
WAIT = "wait"
BENEFITS = ("payout", "redemption")
# Each of these alone says that two accounts are one person's.
_NAMING_KINDS = frozenset({"passport", "card", "phone"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers of a rule set that rules read.

    Attributes:
        device_accounts_above: a device of more accounts than this is no household's.
    """

    device_accounts_above: int


Hits = Callable[[Facts, Bounds], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to stop a subject.

    Attributes:
        name: its stable key in rule sets and assessments.
        title: for people.
        subjects: the types it looks at.
        action: what it does unless a rule set says otherwise: "review", "refuse", or "wait"
            until what is missing has come.
        hits: the sentence that says what was found, or None.
        is_fixed: the program's terms demand it, and no rule set changes its action.
    """

    name: str
    title: str
    subjects: tuple[str, ...]
    action: str
    hits: Hits
    is_fixed: bool = False


# Kinds that name a person, or what a person has on them.
_PERSONAL = frozenset({"passport", "card", "device", "phone", "email", "mailbox"})


def _told(kinds: set[str]) -> list[str]:
    """Kinds in words; an e-mail address and its mailbox are one thing to people."""
    return sorted({"email" if kind == "mailbox" else kind for kind in kinds})


def _blocked(facts: Facts, _: Bounds) -> str | None:
    kinds = _told({match.kind for match in facts.matches if match.with_whom == "list"})
    return f"On the block list: {', '.join(kinds)}." if kinds else None


def _shared_with(kinds: frozenset[str], *whom: str) -> Hits:
    def hits(facts: Facts, _: Bounds) -> str | None:
        found = _told({m.kind for m in facts.matches if m.kind in kinds and m.with_whom in whom})
        return f"Seen with somebody else's {', '.join(found)}." if found else None

    return hits


def _identifier_of_another(facts: Facts, bounds: Bounds) -> str | None:
    """A couple on one tablet is a household: a device alone is a signal, and marks nobody.

    It marks together with what names a person, unless both live at one address, and where more
    accounts share it than a household has.
    """
    found = {
        m.kind for m in facts.matches if m.kind in _NAMING_KINDS and m.with_whom == "subscriber"
    }
    if facts.traits_at_device:
        found |= {"device", *facts.traits_at_device}
    sentences = [f"Seen with somebody else's {', '.join(_told(found))}."] if found else []
    if days := [each.on for each in facts.shared_since if each.kind in found]:
        sentences.append(f"Both have had it since {min(days)}.")
    accounts = (facts.accounts_on_device or 0) + 1
    if accounts > bounds.device_accounts_above:
        sentences.append(f"Seen with a device of {accounts} accounts.")
    if sentences:
        sentences.append(_WAYS_OUT)
    return " ".join(sentences) or None


def _standing_is(standing: str) -> Hits:
    def hits(facts: Facts, _: Bounds) -> str | None:
        if facts.standing != standing:
            return None
        sentences = [f"The subscriber is {standing}."]
        if facts.standing_since is not None:
            sentences.append(f"The mark stands since {facts.standing_since}.")
        # The screen's own reason names the kind of identifier, and how the mark ends.
        sentences.append(facts.standing_reason or "A senior fraud analyst can end it.")
        return " ".join(sentences)

    return hits


def _unique_instrument(facts: Facts, _: Bounds) -> str | None:
    if facts.is_first_redemption and facts.instrument_is_shared:
        return "The payment instrument of a first redemption is somebody else's too."
    return None


_ALL = ("payout", "redemption", "join", "registration")
_PARTIES = ("inviter", "invitee")
_WAYS_OUT = (
    "The mark ends when billing reports until when one of them had it, or by the verdict of a"
    " fraud analyst."
)

RULES: tuple[Rule, ...] = (
    Rule("blocked_identifier", "Blocked identifier", _ALL, "refuse", _blocked),
    Rule(
        "subscriber_blocked",
        "Subscriber with confirmed fraud",
        (*BENEFITS, "join"),
        "refuse",
        _standing_is(BLOCKED),
    ),
    Rule(
        "subscriber_watched",
        "Subscriber who is watched",
        (*BENEFITS, "join"),
        "review",
        _standing_is(WATCHED),
    ),
    Rule(
        "self_referral",
        "Self-referral",
        ("payout", "join"),
        "review",
        _shared_with(_PERSONAL, "inviter"),
    ),
    Rule(
        "shared_by_invitees",
        "Invitees who are one person",
        ("payout", "join"),
        "review",
        _shared_with(_PERSONAL, "invitee"),
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
        BENEFITS,
        "review",
        _shared_with(frozenset({"passport", "card"}), "subscriber"),
    ),
    Rule(
        "identifier_of_another",
        "Identifier of somebody else",
        ("registration", "join"),
        "review",
        _identifier_of_another,
    ),
    Rule(
        "instrument_not_unique",
        "Payment instrument not unique",
        ("redemption",),
        "review",
        _unique_instrument,
    ),
    Rule(
        "verification_missing",
        "Verification missing",
        BENEFITS,
        WAIT,
        lambda facts, _: facts.unverified,
        is_fixed=True,
    ),
    Rule(
        "above_cap",
        "Above a cap",
        ("payout",),
        "review",
        lambda facts, _: facts.above_cap,
        is_fixed=True,
    ),
)
BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
