"""Figures as commands print them, and as JSON."""

from typing import Any

from fraud.policy.curves import Point
from fraud.policy.intervals import Share
from kernel.money import decimal_string

MILLION = 1_000_000


def percent(share: Share) -> str:
    """A share with its interval."""
    if not share.of:
        return "nobody to tell by"
    bounds = f"{100 * share.lower:.2f}–{100 * share.upper:.2f}"
    return f"{100 * share.value:.2f} % (95 %: {bounds}), {share.part:,} of {share.of:,}"


def share_json(share: Share) -> dict[str, Any]:
    return {
        "value": share.value if share.of else None,
        "count": share.part,
        "of": share.of,
        "lower": share.lower,
        "upper": share.upper,
    }


def point_json(point: Point) -> dict[str, Any]:
    return {
        "score": point.score_millionths / MILLION,
        "true_positive_rate": point.caught.value,
        "false_positive_rate": point.stopped.value,
        "false_positive_rate_upper": point.stopped.upper,
        "precision": point.precision.value,
    }


def roubles(value_minor: int) -> str:
    return f"{decimal_string(value_minor)} RUB"
