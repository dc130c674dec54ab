"""Which rule sets there are, and which are in use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fraud.models import RuleSetVersion
from fraud.policy.rulesets import RuleSet


class NumberedRules(NamedTuple):
    """A rule set with its number; one in shadow stops nothing."""

    number: int
    rules: RuleSet
    is_shadow: bool


def rule_sets_in_use() -> list[NumberedRules]:
    """The live rule set, then those in shadow."""
    versions = RuleSetVersion.objects.filter(status__in=("approved", "proposed"))
    approved = versions.filter(status="approved").order_by("-approved_at", "-number")[:1]
    shadows = versions.filter(status="proposed", shadow_since_at__isnull=False).order_by("number")
    found = [*approved, *shadows]
    assert found, "a migration approves the first rule set"
    assert found[0].status == "approved", "a migration approves the first rule set"
    return [
        NumberedRules(
            version.number,
            RuleSet.from_content(version.content),
            version.status != "approved",
        )
        for version in found
    ]


def rule_set_numbered(number: int) -> RuleSet | None:
    """A rule set by its number, in whatever state it is."""
    version = RuleSetVersion.objects.filter(number=number).first()
    return None if version is None else RuleSet.from_content(version.content)


@dataclass(frozen=True, slots=True)
class RuleSetCourse:
    """Every version there is.

    Attributes:
        versions: by number, the newest first.
        live: the one that was approved last.
    """

    versions: Mapping[int, RuleSetVersion]
    live: RuleSetVersion

    def state_of(self, version: RuleSetVersion) -> str:
        """A version's status, told apart further: "live" and "shadow"."""
        if version.number == self.live.number:
            return "live"
        return "shadow" if version.shadow_since_at is not None else version.status

    def before(self, version: RuleSetVersion) -> RuleSetVersion | None:
        """What a version replaced when it went live, or would replace now."""
        if version.status != "approved":
            return self.live
        approved = _approved(self.versions.values())
        earlier = [each for each in approved if _approval(each) < _approval(version)]
        return max(earlier, key=_approval, default=None)


def rule_set_course() -> RuleSetCourse:
    """Every version, in one statement; there are as many as people have drafted."""
    versions = list(RuleSetVersion.objects.order_by("-number"))
    live = max(_approved(versions), key=_approval, default=None)
    assert live is not None, "a migration approves the first rule set"
    return RuleSetCourse({version.number: version for version in versions}, live)


def _approved(versions: Iterable[RuleSetVersion]) -> list[RuleSetVersion]:
    return [version for version in versions if version.status == "approved"]


def _approval(version: RuleSetVersion) -> datetime:
    assert version.approved_at is not None, "what is approved was so at some moment"
    return version.approved_at
