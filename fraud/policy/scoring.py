"""The score S = Σ wᵢxᵢ, the rules, and what becomes of a subject."""

from dataclasses import dataclass
from typing import NamedTuple

from fraud.policy.facts import Facts
from fraud.policy.rules import RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.signals import SIGNALS, Signal, Value

LOW, MEDIUM, HIGH = "low", "medium", "high"
BANDS = (LOW, MEDIUM, HIGH)
MILLION = 1_000_000
_OUTCOMES = ("clear", "wait", "review", "refuse")


class Contribution(NamedTuple):
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
    score_millionths: int
    band: str
    outcome: str

    @property
    def score(self) -> float:
        """S, as people read it."""
        return self.score_millionths / MILLION


def judged(facts: Facts, rules: RuleSet) -> Judgement:
    """Measure, weigh and judge a subject.

    A signal or rule that fails is a fault: it is kept, and the subject is reviewed, because
    nobody knows what it would have said.
    """
    values, faults = _measured(facts)
    contributions = tuple(
        _contribution(signal, value, rules)
        for signal in SIGNALS
        if (value := values[signal.name]) is not None and rules.weights[signal.name]
    )
    score = round(sum(contribution.points for contribution in contributions) * MILLION)
    hits, broken = _hits(facts, rules)
    faults = (*faults, *broken)
    by_score = band_of(score, rules)
    return Judgement(
        values,
        contributions,
        hits,
        faults,
        score,
        max(by_score, _band_by(hits), key=BANDS.index),
        _outcome(by_score, hits, faults),
    )


def _contribution(signal: Signal, value: float, rules: RuleSet) -> Contribution:
    weight = float(rules.weights[signal.name])
    return Contribution(signal.name, value, rules.x_of(signal, value), weight)


def band_of(score_millionths: int, rules: RuleSet) -> str:
    """The band of a score under a rule set's thresholds."""
    if rules.block_from is not None and score_millionths >= rules.block_from * MILLION:
        return HIGH
    if rules.review_from is not None and score_millionths >= rules.review_from * MILLION:
        return MEDIUM
    return LOW


def _measured(facts: Facts) -> tuple[dict[str, Value], tuple[Fault, ...]]:
    values: dict[str, Value] = {}
    faults = []
    for signal in SIGNALS:
        try:
            values[signal.name] = signal.read(facts)
        except Exception as error:  # noqa: BLE001 (kept, and a person looks)
            values[signal.name] = None
            faults.append(_fault(signal.name, error))
    return values, tuple(faults)


def _hits(facts: Facts, rules: RuleSet) -> tuple[tuple[Hit, ...], tuple[Fault, ...]]:
    hits, faults = [], []
    for rule in RULES:
        action = rules.actions[rule.name]
        if action == "off" or facts.subject_type not in rule.subjects or rule.name in facts.snoozed:
            continue
        try:
            detail = rule.hits(facts, rules.bounds)
        except Exception as error:  # noqa: BLE001 (kept, and a person looks)
            faults.append(_fault(rule.name, error))
            continue
        if detail is not None:
            hits.append(Hit(rule.name, action, detail))
    return tuple(hits), tuple(faults)


def _fault(where: str, error: Exception) -> Fault:
    return Fault(where, f"{type(error).__name__}: {error}")


def _band_by(hits: tuple[Hit, ...]) -> str:
    """What a rule stops is no low risk, whatever the score."""
    actions = {hit.action for hit in hits}
    if "refuse" in actions:
        return HIGH
    return MEDIUM if "review" in actions else LOW


def _outcome(band: str, hits: tuple[Hit, ...], faults: tuple[Fault, ...]) -> str:
    found = ["clear", *(hit.action for hit in hits)]
    if band == HIGH:
        found.append("refuse")
    if band == MEDIUM or faults:
        found.append("review")
    return max(found, key=_OUTCOMES.index)
