"""Rule sets: which rules act, what signals weigh, and from which score on they stop."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from accounts.policy.identifiers import KEPT_KINDS
from fraud.policy.rules import ACTIONS, RULES, Bounds
from fraud.policy.rules import BY_NAME as RULES_BY_NAME
from fraud.policy.signals import BY_NAME as SIGNALS_BY_NAME
from fraud.policy.signals import SIGNALS, Signal, falling, scaled
from fraud.policy.step_curves import InvalidCurve, StepCurve
from kernel.refusals import NotFound, Refusal

# What a normal subscriber's signals come to together stays beneath the review threshold: a
# couple on one device, a family behind one address, somebody who moved. One strong signal (a
# redemption within a minute of activation, a device of many accounts) or several middling ones
# reach it.
_WEIGHTS: Mapping[str, str] = {
    "accounts_on_device": "0.30",
    "device_is_shared": "0.05",
    "accounts_on_ip": "0.15",
    "party_matches": "0.30",
    "registrations_per_day": "0.20",
    "refund_rate": "0.10",
    "chargeback_rate": "0.25",
    "country_differs": "0.10",
    "region_differs": "0.05",
    "referral_burst": "0.15",
    "redemption_haste": "0.45",
    "just_above_gate": "0.15",
    "device_and_address": "0.10",
    "group_size": "0.10",
    "group_shape": "0.05",
    "anomaly": "0.00",
}
# Of how many others an identifier of each kind links nobody any more: it is a company's, a
# shop's, or a value that stands for nothing. Of IP addresses the carriers' limit says so.
_LINKS_ABOVE: Mapping[str, int] = {
    "passport": 20,
    "card": 20,
    "phone": 20,
    "device": 50,
    "email": 20,
    "mailbox": 20,
    "address": 100,
}
_LINKS_ABOVE_OTHERWISE = 20
LIMITED_KINDS = tuple(kind for kind in KEPT_KINDS if kind != "ip")
_WEIGHT_MAX = Decimal(100)
WHOLE_MAX = 1_000_000
_ITEMS = {
    "weights",
    "actions",
    "review_from",
    "block_from",
    "carrier_ip_above",
    "links_above",
    "device_accounts_above",
    "sample_share",
    "curves",
}
# Blocking begins above reviewing.
_LEAST_GAP = Decimal("0.0001")


class InvalidRuleSet(Refusal):
    code = "invalid_rule_set"
    title = "This can't be a rule set."


class UnknownRuleSet(NotFound):
    code = "unknown_rule_set"
    title = "There is no rule set with this number."


class RuleSetIsFixed(Refusal):
    code = "rule_set_is_fixed"
    title = "Only a draft can be changed or proposed."


class RuleSetNotProposed(Refusal):
    code = "rule_set_not_proposed"
    title = "Only a proposed rule set can be approved, sent back, or tried in shadow."


class RuleSetNotInShadow(Refusal):
    code = "rule_set_not_in_shadow"
    title = "This rule set does not run in shadow."


class RuleSetNeedsSecondPerson(Refusal):
    code = "rule_set_needs_second_person"
    title = "A rule set is approved by a person who neither drafted, changed nor proposed it."


class RuleSetStartsInThePast(Refusal):
    code = "rule_set_starts_in_the_past"
    title = "A rule set starts in the future, and at another moment than any other."


class RuleSetNotScheduled(Refusal):
    code = "rule_set_not_scheduled"
    title = "Only a rule set that is approved and has not started can be withdrawn."


class RuleSetIncomplete(Refusal):
    code = "rule_set_incomplete"
    title = "This rule set can't go live as it is."


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of what stops benefits; weights and thresholds are decimals.

    Attributes:
        weights: by signal; 0 leaves it out.
        curves: by signal, in place of the signal's own; few rule sets have any.
        actions: by rule: "off", "review" or "refuse".
        review_from, block_from: scores; None while nobody has calibrated them.
        carrier_ip_above: an address of more accounts than this says nothing.
        links_above: by kind but for IP addresses, of how many others an identifier links nobody.
        device_accounts_above: a device of more accounts than this marks newcomers.
        sample_share: of cleared payouts that are reviewed afterwards.
    """

    weights: Mapping[str, Decimal] = field(
        default_factory=lambda: {name: Decimal(text) for name, text in _WEIGHTS.items()}
    )
    actions: Mapping[str, str] = field(
        default_factory=lambda: {rule.name: rule.action for rule in RULES}
    )
    review_from: Decimal | None = Decimal("0.40")
    block_from: Decimal | None = Decimal("1.20")
    carrier_ip_above: int = 50
    links_above: Mapping[str, int] = field(
        default_factory=lambda: {
            kind: _LINKS_ABOVE.get(kind, _LINKS_ABOVE_OTHERWISE) for kind in LIMITED_KINDS
        }
    )
    device_accounts_above: int = 5
    sample_share: Decimal = Decimal("0.01")
    curves: Mapping[str, StepCurve] = field(default_factory=dict)

    def x_of(self, signal: Signal, value: float) -> float:
        """What a signal's weight multiplies, between 0 and 1."""
        curve = self.curves.get(signal.name)
        return scaled(signal, value) if curve is None else curve.x_of(value)

    @property
    def limits(self) -> dict[str, int]:
        """By kind, of how many others an identifier links nobody any more."""
        return {**self.links_above, "ip": self.carrier_ip_above}

    @property
    def bounds(self) -> Bounds:
        """The numbers that rules read."""
        return Bounds(self.device_accounts_above)

    def content(self) -> dict[str, Any]:
        """The rule set as JSON values, decimals as strings; `from_content` reads them back."""
        content: dict[str, Any] = {
            "weights": {name: str(weight) for name, weight in self.weights.items()},
            "actions": dict(self.actions),
            "review_from": None if self.review_from is None else str(self.review_from),
            "block_from": None if self.block_from is None else str(self.block_from),
            "carrier_ip_above": self.carrier_ip_above,
            "links_above": dict(self.links_above),
            "device_accounts_above": self.device_accounts_above,
            "sample_share": str(self.sample_share),
        }
        if self.curves:
            content["curves"] = {name: curve.content() for name, curve in self.curves.items()}
        return content

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Read a rule set; what is absent has its default.

        Raises:
            InvalidRuleSet: an unknown name, a weight that is no number, thresholds that don't
                rise.
        """
        unknown = sorted(set(content) - _ITEMS)
        if unknown:
            raise InvalidRuleSet(f"A rule set has no {', '.join(unknown)}.")
        default = cls()
        rule_set = cls(
            weights={**default.weights, **_weights(content.get("weights", {}))},
            actions={**default.actions, **_actions(content.get("actions", {}))},
            review_from=_threshold(content, "review_from", default.review_from),
            block_from=_threshold(content, "block_from", default.block_from),
            carrier_ip_above=_whole(content, "carrier_ip_above", default.carrier_ip_above),
            links_above={**default.links_above, **_links_above(content.get("links_above", {}))},
            device_accounts_above=_whole(
                content, "device_accounts_above", default.device_accounts_above
            ),
            sample_share=_share(content.get("sample_share", str(default.sample_share))),
            curves=_curves(content.get("curves", {})),
        )
        fault = _fault_in(rule_set)
        if fault:
            raise InvalidRuleSet(fault)
        return rule_set

    def fault_for_approval(self) -> str | None:
        """Why nobody can put it live, or None."""
        if self.review_from is None or self.block_from is None:
            return "A rule set without thresholds stops nothing by its score."
        if not any(self.weights.values()):
            return "A rule set whose weights are all 0 scores nothing."
        return None


def _fault_in(rule_set: RuleSet) -> str | None:
    review, block = rule_set.review_from, rule_set.block_from
    if review is not None and block is not None and review >= block:
        return "What is blocked scores more than what is reviewed."
    return None


def _weights(content: Any) -> dict[str, Decimal]:
    if not isinstance(content, Mapping):
        raise InvalidRuleSet("weights is an object.")
    unknown = sorted(set(content) - set(SIGNALS_BY_NAME))
    if unknown:
        raise InvalidRuleSet(f"There is no signal {', '.join(unknown)}.")
    return {name: _decimal(value, f"The weight of {name}") for name, value in content.items()}


def _curves(content: Any) -> dict[str, StepCurve]:
    if not isinstance(content, Mapping):
        raise InvalidRuleSet("curves is an object.")
    unknown = sorted(set(content) - set(SIGNALS_BY_NAME))
    if unknown:
        raise InvalidRuleSet(f"There is no signal {', '.join(unknown)}.")
    # In the signals' order, so that equal rule sets are written alike.
    kept = [(signal, content.get(signal.name)) for signal in SIGNALS]
    return {signal.name: _curve(signal, said) for signal, said in kept if said is not None}


def _curve(signal: Signal, said: Any) -> StepCurve:
    try:
        return StepCurve.from_content(said, is_falling=signal.curve is falling)
    except InvalidCurve as fault:
        raise InvalidRuleSet(f"The curve of {signal.name} can't be read. {fault}") from None


def _actions(content: Any) -> dict[str, str]:
    if not isinstance(content, Mapping):
        raise InvalidRuleSet("actions is an object.")
    unknown = sorted(set(content) - set(RULES_BY_NAME))
    if unknown:
        raise InvalidRuleSet(f"There is no rule {', '.join(unknown)}.")
    for name, action in content.items():
        rule = RULES_BY_NAME[name]
        if rule.is_fixed and action != rule.action:
            raise InvalidRuleSet(f"The terms demand {name}: its action is {rule.action}.")
        if not rule.is_fixed and action not in ACTIONS:
            raise InvalidRuleSet(f"The action of {name} is one of {', '.join(ACTIONS)}.")
    return dict(content)


def _threshold(content: Mapping[str, Any], name: str, default: Decimal | None) -> Decimal | None:
    if name not in content:
        return default
    return None if content[name] is None else _decimal(content[name], name)


def _share(value: Any) -> Decimal:
    share = _decimal(value, "sample_share")
    if share > 1:
        raise InvalidRuleSet("sample_share is at most 1.")
    return share


def _links_above(content: Any) -> dict[str, int]:
    if not isinstance(content, Mapping):
        raise InvalidRuleSet("links_above is an object.")
    unknown = sorted(set(content) - set(LIMITED_KINDS))
    if unknown:
        raise InvalidRuleSet(f"No identifiers of kind {', '.join(unknown)} have a limit.")
    return {kind: _whole(content, kind, 0) for kind in content}


def _whole(content: Mapping[str, Any], name: str, default: int) -> int:
    value = content.get(name, default)
    if type(value) is not int or not 1 <= value <= WHOLE_MAX:
        raise InvalidRuleSet(f"{name} is a whole number from 1 to {WHOLE_MAX}.")
    return value


def _decimal(value: Any, what: str) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not 0 <= number <= _WEIGHT_MAX:
        raise InvalidRuleSet(f"{what} is a decimal string from 0 to {_WEIGHT_MAX}.")
    return number


def with_review_from(rules: RuleSet, score_millionths: int) -> RuleSet:
    """A rule set that reviews from a score on, and blocks as many times higher as before."""
    review_from = Decimal(score_millionths) / 1_000_000
    times = Decimal("2.25")
    if rules.review_from and rules.block_from:
        times = rules.block_from / rules.review_from
    block_from = max(review_from * times, review_from + _LEAST_GAP).quantize(Decimal("0.000001"))
    return replace(rules, review_from=review_from, block_from=block_from)


assert set(_WEIGHTS) == {signal.name for signal in SIGNALS}, "every signal has a weight"
