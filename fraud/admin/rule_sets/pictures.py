"""What a weight can add at most, drawn against the thresholds."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from fraud.admin.rule_sets.wording import said
from fraud.policy.rulesets import RuleSet


class Mark(NamedTuple):
    """A threshold on the scale."""

    name: Any
    score: str
    percent: float


class Bar(NamedTuple):
    """The most that one signal adds to a score, and what it brings about alone."""

    percent: float
    colour: str
    alone: Any


class Scale(NamedTuple):
    """From a score of nothing to a little more than the highest threshold or weight."""

    full: Decimal
    marks: tuple[Mark, ...]
    review_from: Decimal | None
    block_from: Decimal | None

    def bar(self, weight: Decimal) -> Bar:
        """What a weight looks like on this scale."""
        percent = round(float(100 * weight / self.full), 1)
        if not weight:
            return Bar(0, "none", _("left out"))
        if self.block_from is not None and weight >= self.block_from:
            return Bar(percent, "danger", _("refuses by itself"))
        if self.review_from is not None and weight >= self.review_from:
            return Bar(percent, "warning", _("reaches review by itself"))
        if not self.marks:
            return Bar(percent, "calm", "")
        return Bar(percent, "calm", _("only together with others"))


def scale_of(rules: RuleSet) -> Scale:
    """The scale on which all weights of a rule set and both thresholds have their places."""
    thresholds = ((_("review"), rules.review_from), (_("refuse"), rules.block_from))
    known = [(name, score) for name, score in thresholds if score is not None]
    ends = [*rules.weights.values(), *(score for _name, score in known)]
    full = max(*ends, Decimal("0.01")) * Decimal("1.05")
    marks = tuple(
        Mark(name, said("review_from", at), round(float(100 * at / full), 1)) for name, at in known
    )
    return Scale(full, marks, rules.review_from, rules.block_from)
