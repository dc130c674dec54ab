"""The score S = Σ wᵢxᵢ, the rules, and what becomes of a subject."""

from dataclasses import dataclass

from fraud.policy.facts import Facts
from fraud.policy.rules import RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.signals import SIGNALS, Value, scaled

CLEARED, REVIEW, BLOCK = "low", "medium", "high"
BANDS = (CLEARED, REVIEW, BLOCK)
_OUTCOMES = ("clear", "review", "refuse")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one signal adds to the score: weight × x, with x the scaled value."""

    signal: str
    value: float
    x: float
    weight: float

    @property
    def points(self) -> float:
        return self.weight * self.x


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that acts, with what it found."""

    rule: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A signal or a rule that could not be computed."""

    where: str
    error: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that was found about a subject: enough to replay it."""

    values: dict[str, Value]
    contributions: tuple[Contribution, ...]
    hits: tuple[Hit, ...]
    faults: tuple[Fault, ...]
    score: float
    band: str
    outcome: str


def judged(facts: Facts, rules: RuleSet) -> Judgement:
    """Measure, weigh and judge a subject.

    A signal or rule that fails is a fault: it is kept, and the subject is reviewed, because
    nobody knows what it would have said.
    """
    values, faults = _measured(facts)
    contributions = tuple(
        Contribution(signal.name, value, scaled(signal, value), float(rules.weights[signal.name]))
        for signal in SIGNALS
        if (value := values[signal.name]) is not None and rules.weights[signal.name]
    )
    score = sum(contribution.points for contribution in contributions)
    hits, broken = _hits(facts, rules)
    faults = (*faults, *broken)
    band = _band(score, rules)
    outcome = _outcome(band, hits, faults)
    return Judgement(values, contributions, hits, faults, score, band, outcome)


def _measured(facts: Facts) -> tuple[dict[str, Value], tuple[Fault, ...]]:
    values: dict[str, Value] = {}
    faults = []
    for signal in SIGNALS:
        try:
            values[signal.name] = signal.read(facts)
        except (ArithmeticError, TypeError, ValueError) as error:
            values[signal.name] = None
            faults.append(Fault(signal.name, f"{type(error).__name__}: {error}"))
    return values, tuple(faults)


def _hits(facts: Facts, rules: RuleSet) -> tuple[tuple[Hit, ...], tuple[Fault, ...]]:
    hits, faults = [], []
    for rule in RULES:
        action = rules.actions[rule.name]
        if action == "off" or facts.subject_type not in rule.subjects or rule.name in facts.snoozed:
            continue
        try:
            detail = rule.hits(facts)
        except (ArithmeticError, TypeError, ValueError) as error:
            faults.append(Fault(rule.name, f"{type(error).__name__}: {error}"))
            continue
        if detail is not None:
            hits.append(Hit(rule.name, action, detail))
    return tuple(hits), tuple(faults)


def _band(score: float, rules: RuleSet) -> str:
    if rules.block_from is not None and score >= float(rules.block_from):
        return BLOCK
    if rules.review_from is not None and score >= float(rules.review_from):
        return REVIEW
    return CLEARED


def _outcome(band: str, hits: tuple[Hit, ...], faults: tuple[Fault, ...]) -> str:
    found = ["clear", *(hit.action for hit in hits)]
    if band == BLOCK:
        found.append("refuse")
    if band == REVIEW or faults:
        found.append("review")
    return max(found, key=_OUTCOMES.index)
