"""Which rule sets there are, and which are in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from fraud.models import RuleSetVersion
from fraud.policy.rulesets import RuleSet
from kernel.two_persons import digest_of_version

# From when on an approved version screens: see `start_of`.
_START = Coalesce("starts_at", "approved_at")


class NumberedRules(NamedTuple):
    """A rule set with its number; one in shadow stops nothing."""

    number: int
    rules: RuleSet
    is_shadow: bool


def rule_sets_in_use(*, now: datetime) -> list[NumberedRules]:
    """The rule set that is live at a moment, then those in shadow."""
    approved = RuleSetVersion.objects.filter(LessThanOrEqual(_START, now), status="approved")
    live = approved.order_by(_START.desc())[:1]
    shadows = RuleSetVersion.objects.filter(status="proposed", shadow_since_at__isnull=False)
    found = [*live, *shadows.order_by("number")]
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


def live_rule_set(*, now: datetime) -> RuleSet:
    """The rule set that decides at a moment."""
    return rule_sets_in_use(now=now)[0].rules


def rule_set_numbered(number: int) -> RuleSet | None:
    """A rule set by its number, in whatever state it is."""
    version = RuleSetVersion.objects.filter(number=number).first()
    return None if version is None else RuleSet.from_content(version.content)


@dataclass(frozen=True, slots=True)
class RuleSetCourse:
    """Every version there is, as of a moment.

    Attributes:
        versions: by number, the newest first.
        live: of the approved ones the last that has started.
        scheduled: approved ones that have not started, in the order of their starts.
    """

    versions: Mapping[int, RuleSetVersion]
    live: RuleSetVersion
    scheduled: Sequence[RuleSetVersion]

    def state_of(self, version: RuleSetVersion) -> str:
        """A version's status, told apart further: "live", "scheduled" and "shadow"."""
        if version.number == self.live.number:
            return "live"
        if version in self.scheduled:
            return "scheduled"
        return "shadow" if version.shadow_since_at is not None else version.status

    def before(self, version: RuleSetVersion) -> RuleSetVersion | None:
        """What a version replaced when it started, or would replace when it starts."""
        if version.status != "approved":
            return self.live
        earlier = [
            each
            for each in self.versions.values()
            if each.status == "approved" and start_of(each) < start_of(version)
        ]
        return max(earlier, key=start_of, default=None)


def rule_set_course(*, now: datetime) -> RuleSetCourse:
    """Every version, in one statement; there are as many as people have drafted."""
    versions = list(RuleSetVersion.objects.order_by("-number"))
    approved = sorted((each for each in versions if each.status == "approved"), key=start_of)
    started = [each for each in approved if start_of(each) <= now]
    assert started, "a migration approves the first rule set"
    by_number = {version.number: version for version in versions}
    return RuleSetCourse(by_number, started[-1], approved[len(started) :])


def rule_set_as_shown(version: RuleSetVersion, course: RuleSetCourse) -> str:
    """The digest of what a person reads before they propose or approve a version.

    What it says, who is behind it, and what it is held against: the live one and those that
    start later.
    """
    return digest_of_version(
        version,
        live=course.live.number,
        scheduled=[[each.number, start_of(each)] for each in course.scheduled],
    )


def start_of(version: RuleSetVersion) -> datetime:
    """From when on an approved version screens."""
    start = version.starts_at or version.approved_at
    assert start is not None, "what is approved was so at some moment"
    return start
