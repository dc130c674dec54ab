"""Screen benefits, referral joins and registrations: gather, judge, keep, open cases."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from fraud.operations.keep_assessments import Found, keep_assessments
from fraud.operations.open_cases import NewCase, open_cases
from fraud.policy.facts import Facts
from fraud.policy.queueing import queue_for
from fraud.policy.scoring import Judgement, judged
from fraud.policy.sentences import reasons_of
from fraud.queries.asked import Asked
from fraud.queries.judging import judged_at
from fraud.queries.rule_sets import NumberedRules
from kernel.batches import collection_paused
from loyalty.policy.gate import Screening, Subject


@transaction.atomic
def screen(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    """What becomes of each subject: the screen that settings name for benefits.

    Every subject's assessment is kept whole, under the live rule set and under those in shadow.
    Who is to be reviewed has a case, and so has a random share of those who are cleared.
    A fixed number of statements, whatever the list's length.

    Args:
        subjects: payouts, redemptions, joins and registrations, at most 10,000.
        now: the moment of the screening, timezone-aware; nothing later counts.
    """
    if not subjects:
        return []
    with collection_paused(len(subjects)):
        return _screened(subjects, now)


def _screened(subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    judging = judged_at(subjects=subjects, now=now)
    live = judging.live
    asked = [each.asked for each in judging.subjects]
    facts = [each.facts for each in judging.subjects]
    judgements = [each.judgement for each in judging.subjects]

    found = _found(asked, facts, judgements, live)
    for shadow in judging.shadows:
        found += _found(asked, facts, [judged(each, shadow.rules) for each in facts], shadow)
    kept = keep_assessments(found=found)
    open_cases(cases=_cases(asked, judgements, live, kept), now=now)
    return [
        Screening(judgement.outcome, reasons_of(judgement, live.rules)) for judgement in judgements
    ]


def _found(
    asked: Sequence[Asked],
    facts: Sequence[Facts],
    judgements: Sequence[Judgement],
    rules: NumberedRules,
) -> list[Found]:
    return [
        Found(each, known, judgement, rules.number, rules.is_shadow)
        for each, known, judgement in zip(asked, facts, judgements, strict=True)
    ]


def _cases(
    asked: Sequence[Asked],
    judgements: Sequence[Judgement],
    live: NumberedRules,
    kept: Sequence[int],
) -> list[NewCase]:
    cases = []
    # Those of the live rule set come first among what was kept.
    for each, judgement, assessment in zip(asked, judgements, kept[: len(asked)], strict=True):
        subject = each.subject
        queue = queue_for(subject, judgement, live.rules.sample_share)
        if queue:
            cases.append(
                NewCase(
                    queue,
                    subject.type,
                    subject.id,
                    subject.subscriber_id,
                    subject.depends_on_id,
                    subject.value_minor,
                    assessment,
                    judgement.score_millionths,
                    judgement.band,
                )
            )
    return cases
