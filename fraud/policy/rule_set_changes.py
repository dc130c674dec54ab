"""Rule sets as named values: to read them one by one, to fill them in, to tell two apart."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, NamedTuple

from fraud.policy.rules import RULES
from fraud.policy.rulesets import LIMITED_KINDS, RuleSet
from fraud.policy.signals import SIGNALS
from fraud.policy.step_curves import StepCurve, written

# A weight or threshold, how many, an action, a curve; a threshold that nobody has set is None,
# and so is the curve of a signal that counts by its own.
Item = Decimal | int | str | StepCurve | None


class RuleSetChange(NamedTuple):
    """An item that differs between two versions, by its path."""

    path: str
    old: Item
    new: Item


def items_by_path(rules: RuleSet) -> dict[str, Item]:
    """Every item under its path, such as `weights.anomaly` or `review_from`, in their order."""
    return {
        "review_from": rules.review_from,
        "block_from": rules.block_from,
        "carrier_ip_above": rules.carrier_ip_above,
        **{f"links_above.{kind}": rules.links_above[kind] for kind in LIMITED_KINDS},
        "device_accounts_above": rules.device_accounts_above,
        "sample_share": rules.sample_share,
        **{f"weights.{signal.name}": rules.weights[signal.name] for signal in SIGNALS},
        **{f"curves.{signal.name}": rules.curves.get(signal.name) for signal in SIGNALS},
        **{f"actions.{rule.name}": rules.actions[rule.name] for rule in RULES},
    }


def content_with(values: Mapping[str, Item]) -> dict[str, Any]:
    """The content of a version whose items are these; the counterpart of `items_by_path`."""
    content: dict[str, Any] = {}
    for path, value in values.items():
        content_value = _content(value)
        group, dot, name = path.partition(".")
        if dot:
            content.setdefault(group, {})[name] = content_value
        else:
            content[path] = content_value
    return content


def told(value: Item) -> str:
    """An item as plain text, a curve on one line; empty where there is none."""
    if isinstance(value, StepCurve):
        return written(value)
    return "" if value is None else str(value)


def _content(value: Item) -> Any:
    if isinstance(value, StepCurve):
        return value.content()
    return str(value) if isinstance(value, Decimal) else value


def changes_between(old: RuleSet, new: RuleSet) -> list[RuleSetChange]:
    """What differs, and nothing else; 0.3 and 0.30 are equal."""
    before, after = items_by_path(old), items_by_path(new)
    return [
        RuleSetChange(path, before[path], value)
        for path, value in after.items()
        if before[path] != value
    ]


def content_digest(rules: RuleSet) -> str:
    """What names all that a rule set says: equal for equal content, of 0.3 and 0.30 alike."""
    written = json.dumps(_normal(rules.content()), sort_keys=True)
    return sha256(written.encode()).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _normal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_normal(each) for each in value]
    if not isinstance(value, str):
        return value
    try:
        return f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value
