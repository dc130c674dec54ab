"""What a verdict over a case brings with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fraud.policy.cases import FALSE_POSITIVE, FRAUD, INCONCLUSIVE, VERDICTS, CaseReasonMissing
from fraud.policy.rules import BY_NAME
from kernel.refusals import Refusal

RELEASE, REFUSE = "release", "refuse"


class InvalidVerdict(Refusal):
    code = "invalid_verdict"
    title = "This verdict can't be given."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an analyst decides over a case, and the consequences they choose.

    Attributes:
        verdict: confirmed fraud, false positive, or inconclusive.
        reason: in the analyst's words.
        consequence: "release" or "refuse" the benefit; fraud refuses and a false positive
            releases, so that only the inconclusive have to say.
        block: ids of identifiers to be blocked.
        linked: ids of linked accounts that are treated alike: blocked, their payouts frozen.
        snooze_rules, snooze_until: rules that are silent about this subscriber for a while.
    """

    verdict: str
    reason: str
    consequence: str = ""
    block: Sequence[int] = field(default=())
    linked: Sequence[int] = field(default=())
    snooze_rules: Sequence[str] = field(default=())
    snooze_until: datetime | None = None

    @property
    def releases(self) -> bool:
        """Whether the benefit is let out."""
        return is_release(self.verdict, self.consequence)

    def content(self) -> dict[str, object]:
        """What the case's record keeps of it."""
        return {
            "verdict": self.verdict,
            "releases": self.releases,
            "block": list(self.block),
            "linked": list(self.linked),
            "snooze_rules": list(self.snooze_rules),
            "snooze_until": self.snooze_until.isoformat() if self.snooze_until else None,
        }

    def is_told_by(self, kept: Mapping[str, object]) -> bool:
        """Whether a step that was kept tells this very verdict, with all its consequences."""
        content = self.content()
        until = kept.get("snooze_until")
        same_until = (
            datetime.fromisoformat(until) if isinstance(until, str) else None
        ) == self.snooze_until
        return same_until and all(
            _in_order(kept.get(name)) == _in_order(value)
            for name, value in content.items()
            if name != "snooze_until"
        )


def _in_order(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, list) else value


def is_release(verdict: str, consequence: str) -> bool:
    """Whether a verdict lets the benefit out; only the inconclusive have to say so."""
    if verdict == INCONCLUSIVE:
        return consequence == RELEASE
    return verdict == FALSE_POSITIVE


def refusal_for_verdict(verdict: Verdict, now: datetime) -> Refusal | None:
    """Why a verdict can't be given, or None."""
    if verdict.verdict not in VERDICTS:
        return InvalidVerdict(f"A verdict is one of {', '.join(VERDICTS)}.")
    if not verdict.reason.strip():
        return CaseReasonMissing()
    return _refusal_for_consequences(verdict, now)


def _refusal_for_consequences(verdict: Verdict, now: datetime) -> Refusal | None:
    says = verdict.consequence
    if verdict.verdict == INCONCLUSIVE and says not in (RELEASE, REFUSE):
        return InvalidVerdict("An inconclusive verdict says whether to release or to refuse.")
    if verdict.verdict != INCONCLUSIVE and says not in (
        "",
        RELEASE if verdict.releases else REFUSE,
    ):
        return InvalidVerdict("Fraud is refused, and a false positive is released.")
    if (verdict.block or verdict.linked) and verdict.verdict != FRAUD:
        return InvalidVerdict("Only confirmed fraud blocks identifiers and linked accounts.")
    return _refusal_for_snooze_of_rules(verdict, now)


def _refusal_for_snooze_of_rules(verdict: Verdict, now: datetime) -> Refusal | None:
    if not verdict.snooze_rules:
        return None
    if verdict.verdict != FALSE_POSITIVE:
        return InvalidVerdict("Only a false positive snoozes rules.")
    if any(name not in BY_NAME or BY_NAME[name].is_fixed for name in verdict.snooze_rules):
        return InvalidVerdict("There is no such rule to be snoozed.")
    if verdict.snooze_until is None or verdict.snooze_until <= now:
        return InvalidVerdict("Rules are snoozed until a moment to come.")
    return None
