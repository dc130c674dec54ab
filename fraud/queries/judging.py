"""Subjects judged as of a moment; nothing is kept of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fraud.policy.facts import Facts
from fraud.policy.scoring import Judgement, judged
from fraud.queries.asked import Asked
from fraud.queries.facts import Demands, facts_of
from fraud.queries.rule_sets import NumberedRules, rule_sets_in_use
from loyalty.policy.gate import Reason, Subject
from referrals.queries.plain_screen import demands_of_terms


class Judged(NamedTuple):
    """A subject with what is known of it and what the live rule set says."""

    asked: Asked
    facts: Facts
    judgement: Judgement


class Judging(NamedTuple):
    """Subjects under the live rule set, and the rule sets that are in use."""

    live: NumberedRules
    shadows: list[NumberedRules]
    subjects: list[Judged]


def judged_at(*, subjects: Sequence[Subject], now: datetime) -> Judging:
    """What is known of subjects at a moment and what follows, in a fixed number of statements."""
    live, *shadows = rule_sets_in_use(now=now)
    demands = _demands(subjects, now)
    asked = [Asked(subject, now) for subject in subjects]
    facts = facts_of(asked, demands, limits=live.rules.limits)
    return Judging(
        live,
        shadows,
        [
            Judged(each, known, judged(known, live.rules))
            for each, known in zip(asked, facts, strict=True)
        ],
    )


def _demands(subjects: Sequence[Subject], now: datetime) -> list[Demands]:
    return [
        Demands(
            above_cap=_sentence(each.reasons, "cap_"),
            unverified=_sentence(each.reasons, "identity_"),
        )
        for each in demands_of_terms(subjects=subjects, now=now)
    ]


def _sentence(reasons: Sequence[Reason], prefix: str) -> str | None:
    return " ".join(r.detail for r in reasons if r.code.startswith(prefix)) or None
