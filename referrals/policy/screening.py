"""The plain screen: limits, verification, and identifiers that two parties share.

It stands in until a fraud system is named in settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kernel.money import decimal_string
from loyalty.policy.gate import CLEAR, REFERRAL_BONUS, Reason, Screening
from loyalty.policy.terms import Terms

# Kinds that name a person, or what a person has on them.
SHARED_KINDS = ("passport", "card", "device", "phone", "email", "mailbox")
# The strongest of what was found decides.
_STRENGTH = ("clear", "wait", "review")


@dataclass(frozen=True, slots=True)
class Shared:
    """A kind of identifier that an invitee was seen with, as somebody else was."""

    kind: str
    with_inviter: bool
    with_other_invitee: bool


@dataclass(slots=True)
class Given:
    """Kopecks that a subscriber was given or promised; moved on along a list of payouts."""

    benefits_minor: int
    referrals_minor: int
    identity_is_verified: bool

    def add(self, kind: str, value_minor: int) -> None:
        self.benefits_minor += value_minor
        if kind == REFERRAL_BONUS:
            self.referrals_minor += value_minor


@dataclass(frozen=True, slots=True)
class ScreenFacts:
    """What the plain screen knows of one payout."""

    kind: str
    value_minor: int
    given: Given
    shared: tuple[Shared, ...] = field(default=())


def screening_of(facts: ScreenFacts, terms: Terms) -> Screening:
    """What becomes of a payout."""
    found = [*_by_sharing(facts), *_by_caps(facts, terms), *_by_verification(facts, terms)]
    if not found:
        facts.given.add(facts.kind, facts.value_minor)
        return CLEAR
    outcome = max((outcome for outcome, _ in found), key=_STRENGTH.index)
    return Screening(outcome, tuple(reason for _, reason in found))


def _by_sharing(facts: ScreenFacts) -> list[tuple[str, Reason]]:
    found = []
    for shared in _told_once(facts.shared):
        if shared.with_inviter:
            detail = f"The inviter and the invitee were seen with the same {shared.kind}."
            found.append(("review", Reason(f"{shared.kind}_shared_with_inviter", detail)))
        if shared.with_other_invitee:
            detail = f"Two invitees of this inviter were seen with the same {shared.kind}."
            found.append(("review", Reason(f"{shared.kind}_shared_by_invitees", detail)))
    return found


def _told_once(shared: Sequence[Shared]) -> list[Shared]:
    """An e-mail address and its mailbox are one thing to people."""
    by_kind: dict[str, Shared] = {}
    for each in shared:
        kind = "email" if each.kind == "mailbox" else each.kind
        known = by_kind.get(kind, Shared(kind, with_inviter=False, with_other_invitee=False))
        by_kind[kind] = Shared(
            kind,
            known.with_inviter or each.with_inviter,
            known.with_other_invitee or each.with_other_invitee,
        )
    return list(by_kind.values())


def _by_caps(facts: ScreenFacts, terms: Terms) -> list[tuple[str, Reason]]:
    given, found = facts.given, []
    if given.benefits_minor + facts.value_minor > terms.caps.benefit_life_minor:
        detail = "The subscriber's benefits would exceed the cap in all."
        found.append(("review", Reason("cap_benefits", detail)))
    if (
        facts.kind == REFERRAL_BONUS
        and given.referrals_minor + facts.value_minor > terms.referral.value_life_minor
    ):
        detail = "The inviter's referral bonuses would exceed the limit in all."
        found.append(("review", Reason("cap_referral_value_life", detail)))
    return found


def _by_verification(facts: ScreenFacts, terms: Terms) -> list[tuple[str, Reason]]:
    limit = terms.redemption.identity_needed_above_minor
    if facts.given.identity_is_verified:
        return []
    if facts.given.benefits_minor + facts.value_minor <= limit:
        return []
    detail = f"Benefits above {decimal_string(limit)} roubles in all need a verified identity."
    return [("wait", Reason("identity_not_verified", detail))]
