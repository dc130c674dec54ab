"""Examples whose truth is known: where a score should be straight, and where it should jump."""

from dataclasses import replace

import numpy as np

from fraud.policy.facts import Facts, Money
from fraud.policy.samples import Example, Sample, sample_of

PLAIN = Facts("redemption", "bill_credit", 10_000, is_first_redemption=True)


def of(refunded: float, minutes: int | None = None, on_ip: int | None = None) -> Facts:
    """Somebody with this share of charges refunded, and perhaps more that is known."""
    money = Money(charged_minor=100_000, refunded_minor=round(100_000 * refunded))
    return replace(PLAIN, money=money, minutes_to_first_redemption=minutes, accounts_on_ip=on_ip)


def jumping(users: int, seed: int = 1) -> Sample:
    """Risk that jumps at a refunded share of 20 % and at 1,000 minutes, and is level between."""
    return sample_of(jumping_examples(users, seed))


def jumping_examples(users: int, seed: int = 1) -> list[Example]:
    """Users of whom each stands alone."""
    draw = np.random.default_rng(seed)
    examples = []
    for place in range(users):
        refunded, minutes = float(draw.random() * 0.5), int(draw.integers(0, 3_000))
        risk = 0.02 + 0.45 * (refunded > 0.2) + 0.45 * (minutes < 1_000)
        examples.append(Example(of(refunded, minutes), bool(draw.random() < risk), place))
    return examples


def straight(users: int, seed: int = 1) -> Sample:
    """Risk whose logarithm rises in proportion to the refunded share, and nothing else tells."""
    draw = np.random.default_rng(seed)
    examples = []
    for place in range(users):
        refunded = float(draw.random() * 0.5)
        risk = 1 / (1 + np.exp(3 - 6 * refunded))
        examples.append(Example(of(refunded), bool(draw.random() < risk), place))
    return sample_of(examples)
