"""Which rule sets are in use."""

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
