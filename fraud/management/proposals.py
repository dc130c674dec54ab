"""What was proposed after two models were tried, as commands print it."""

from collections.abc import Iterator

from fraud.management.shown import percent
from fraud.policy.comparisons import BOOSTED, DISJOINT, WAYS, Comparison, Gain, Measured, Proposal


def proposal_said(proposal: Proposal) -> Iterator[str]:
    """Which model is proposed and why, and the figures of both."""
    if proposal.model == BOOSTED:
        yield "Proposed: the boosted curves. They were better on held-out users both ways."
    elif len(proposal.comparisons) < len(WAYS):
        yield "Proposed: the logistic weights. Too few users are known to compare both ways."
    else:
        yield "Proposed: the logistic weights. Boosted curves were tried, and were not better."
    for each in proposal.comparisons:
        yield from comparison_said(each)


def comparison_said(found: Comparison) -> Iterator[str]:
    """Both models on the same held-out users, and by how much they differ."""
    yield (
        "Held out by devices and addresses, five times a fifth:"
        if found.way == DISJOINT
        else "Held out in time, the later half:"
    )
    yield from _measured_said("logistic", found.logistic)
    yield from _measured_said("boosted", found.boosted)
    yield f"  AUC, boosted less logistic               {_gain_said(found.auc_gain)}"
    yield f"  frauds at 1 %, boosted less logistic     {_gain_said(found.caught_gain)}"


def _measured_said(name: str, found: Measured) -> Iterator[str]:
    yield f"  {name:<8}  AUC                            {found.auc:.4f}"
    yield f"            frauds at 1 % of normal users  {percent(found.at_limit)}"
    yield f"            frauds stopped                 {percent(found.caught)}"
    yield f"            normal users stopped           {percent(found.stopped)}"


def _gain_said(gain: Gain) -> str:
    return f"{gain.value:+.4f} (95 %: {gain.low:+.4f} to {gain.high:+.4f})"
