"""Backtests: stored assessments judged again by another rule set."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from fraud.policy.backtest import Backtest, Flip, Tally
from fraud.policy.facts import Facts
from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import judged
from fraud.queries.asked import Asked
from fraud.queries.facts import Demands, facts_of
from fraud.queries.verdicts import Assessed, assessed, minutes_per_case
from kernel.batches import pages_of
from loyalty.models import Payout
from loyalty.policy.gate import Subject

_AT_ONCE = 500


def backtest(
    *,
    rules: RuleSet,
    since: datetime,
    until: datetime,
    recompute: bool,
    minutes: float | None,
    advance: Callable[[int], None],
) -> Backtest:
    """What a rule set would have made of the benefits that were assessed in [since, until).

    Args:
        recompute: gather the facts anew, each as of the moment of its assessment, instead of
            reading what was kept: for signals that are measured otherwise since.
        minutes: an analyst's, per case; measured from claims and decisions if None.
        advance: told how many subjects were judged.
    """
    tally = Tally()
    for page in pages_of(assessed(since=since, until=until), _AT_ONCE):
        facts = _gathered(page, rules) if recompute else [each.facts for each in page]
        for each, known in zip(page, facts, strict=True):
            tally.count(_flip(each, judged(known, rules).outcome))
        advance(len(page))
    return tally.result(minutes_per_case(until=until) if minutes is None else minutes)


def _flip(each: Assessed, after: str) -> Flip:
    return Flip(
        each.subject_type, each.subject_id, each.verdict, each.outcome, after, each.value_minor
    )


def _gathered(page: Sequence[Assessed], rules: RuleSet) -> list[Facts]:
    payouts = _payouts(each.subject_id for each in page if each.subject_type == "payout")
    asked = [Asked(_subject(each, payouts), each.assessed_at) for each in page]
    # What the terms demanded then is kept; the terms, and what was verified, have changed since.
    demands = [Demands(each.facts.above_cap, each.facts.unverified) for each in page]
    return facts_of(asked, demands, limits=rules.limits)


def _payouts(ids: Iterable[str]) -> dict[str, Payout]:
    found = Payout.objects.filter(pk__in=[UUID(each) for each in ids])
    return {str(payout.pk): payout for payout in found}


def _subject(each: Assessed, payouts: dict[str, Payout]) -> Subject:
    payout = payouts.get(each.subject_id)
    return Subject(
        each.subject_type,
        each.subject_id,
        each.subscriber_id,
        each.kind,
        each.value_minor,
        payout.cause_id if payout is not None else "",
        payout.depends_on_id if payout is not None else None,
    )
