"""Look again at what the screen stopped because of identifiers that somebody else had."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from fraud.models import Case
from fraud.operations.case_rows import close_without_verdict
from fraud.operations.screen import screen
from fraud.operations.set_standings import set_standings
from fraud.policy.facts import Facts
from fraud.policy.marks import CLEARED, is_less
from fraud.policy.standings import NORMAL
from fraud.queries.cases import latest_assessments
from fraud.queries.judging import judged_at
from fraud.queries.marks import (
    free_case,
    is_in_review,
    refused_joins,
    registration_cases,
    stopped_cases,
    watched_by_screen,
)
from fraud.queries.subjects import subject_of_registration, subjects_of_cases
from kernel.refusals import Refusal
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.screen_again import screen_again
from loyalty.policy.gate import SCREEN, Subject
from referrals.operations.rejoin_invitees import rejoin_invitees
from referrals.queries.joining import subject_of_join

MARKS_PER_PAGE = 200


class Reviewed(NamedTuple):
    """What a run took back."""

    marks: int
    referrals: int
    benefits: int
    cases: int


_NOTHING = Reviewed(0, 0, 0, 0)


def review_marks(*, now: datetime, among: Collection[int] | None = None) -> Reviewed:
    """Screen again what stands on a match, and take back what nothing supports any more.

    A match goes when a use of an identifier ends, when the identifier turns out to mean nothing,
    and when it has more accounts than its limit. Marks of the screen are cleared, referrals that
    it refused are joined again, benefits that it stopped are let out, and their cases are closed,
    each with the reason. What a person set, proposed or is at work with stays as it is.

    Safe to repeat, to kill and to run in two places: a commit per page of what nobody else holds.

    Args:
        among: subscribers who are looked at; None for all.
        now: the moment of the screening, timezone-aware.
    """
    total = _NOTHING
    # Marks first: benefits wait because of them.
    for work in (_review_standings, _review_joins, _review_cases):
        after = 0
        while (page := work(after, among, now)) is not None:
            after, done = page
            total = Reviewed(*(sum(each) for each in zip(total, done, strict=True)))
    return total


@transaction.atomic
def _review_standings(
    after: int, among: Collection[int] | None, now: datetime
) -> tuple[int, Reviewed] | None:
    standings = watched_by_screen(after=after, limit=MARKS_PER_PAGE, among=among)
    if not standings:
        return None
    subjects = [subject_of_registration(each.subscriber) for each in standings]
    clear = [
        subject for subject, (outcome, _) in _judged(subjects, now).items() if outcome == "clear"
    ]
    if clear:
        screen(subjects=clear, now=now)
        set_standings(
            subscriber_ids=[subject.subscriber_id for subject in clear],
            standing=NORMAL,
            reason=CLEARED,
            by=SCREEN,
            now=now,
        )
    cases = registration_cases(names=[subject.id for subject in clear])
    for case in cases:
        close_without_verdict(case, by=SCREEN, reason=CLEARED, now=now)
    return standings[-1].subscriber_id, Reviewed(len(clear), 0, 0, len(cases))


@transaction.atomic
def _review_joins(
    after: int, among: Collection[int] | None, now: datetime
) -> tuple[int, Reviewed] | None:
    referrals = refused_joins(after=after, limit=MARKS_PER_PAGE, among=among, now=now)
    if not referrals:
        return None
    subjects = [subject_of_join(each) for each in referrals]
    judged = _judged(subjects, now)
    before = _facts_before(subjects)
    joined = rejoin_invitees(
        referral_ids=[
            subject.id
            for subject, (outcome, facts) in judged.items()
            if outcome != "refuse" and _is_less(before, subject, facts)
        ],
        now=now,
    )
    again = [subject for subject in subjects if subject.id in joined]
    screen(subjects=again, now=now)
    return referrals[-1].pk, Reviewed(0, len(joined), 0, 0)


def _review_cases(
    after: int, among: Collection[int] | None, now: datetime
) -> tuple[int, Reviewed] | None:
    cases = stopped_cases(after=after, limit=MARKS_PER_PAGE, among=among)
    if not cases:
        return None
    subjects = subjects_of_cases(cases)
    judged = _judged(list(subjects.values()), now)
    before = _facts_before(list(subjects.values()))
    closed = benefits = 0
    for case in cases:
        subject = subjects.get(case.pk)
        if subject is None:
            continue
        outcome, facts = judged[subject]
        if outcome in _MILDER[case.subject_type] and _is_less(before, subject, facts):
            is_closed = _take_back(case.pk, subject, now)
            closed += is_closed
            benefits += is_closed and case.subject_type in ("payout", "redemption")
    return cases[-1].pk, Reviewed(0, 0, benefits, closed)


@transaction.atomic
def _take_back(case_id: int, subject: Subject, now: datetime) -> bool:
    """Let out what a case is about and close it, unless somebody has taken it meanwhile.

    In a transaction of its own: verbs lock wallets in their order, and cases come in another.
    """
    case = free_case(case_id=case_id)
    if case is None or not _RELEASE[case.subject_type](case, subject, now):
        return False
    close_without_verdict(case, by=SCREEN, reason=CLEARED, now=now)
    return True


def _judged(subjects: Sequence[Subject], now: datetime) -> dict[Subject, tuple[str, Facts]]:
    """The outcome and the facts of each subject as of now; nothing is kept, no case is opened."""
    if not subjects:
        return {}
    judging = judged_at(subjects=subjects, now=now)
    return {each.asked.subject: (each.judgement.outcome, each.facts) for each in judging.subjects}


def _facts_before(subjects: Sequence[Subject]) -> dict[tuple[str, str], Facts]:
    assessments = latest_assessments([(subject.type, subject.id) for subject in subjects])
    return {key: Facts.from_content(each.facts) for key, each in assessments.items()}


def _is_less(before: Mapping[tuple[str, str], Facts], subject: Subject, after: Facts) -> bool:
    stood_on = before.get((subject.type, subject.id))
    return stood_on is not None and is_less(stood_on, after)


def _release_payout(case: Case, subject: Subject, now: datetime) -> bool:
    payout_id = UUID(case.subject_id)
    return payout_id in screen_again(payout_ids=[payout_id], reason=CLEARED, now=now)


def _release_redemption(case: Case, subject: Subject, now: datetime) -> bool:
    if is_in_review(redemption_id=case.subject_id):
        try:
            with transaction.atomic():
                clear_redemptions(
                    redemption_ids=[case.subject_id], reason=CLEARED, by=SCREEN, now=now
                )
        except Refusal:
            # The line is closed, and the clock gives the points back.
            return False
    # One that was declined gave its points back: the subscriber asks again.
    screen(subjects=[subject], now=now)
    return True


def _release_mark(case: Case, subject: Subject, now: datetime) -> bool:
    """Nothing waits for the case of a registration or a join."""
    screen(subjects=[subject], now=now)
    return True


# A payout that was refused comes back to review, too.
_MILDER: Mapping[str, tuple[str, ...]] = {
    "payout": ("clear", "review"),
    "redemption": ("clear",),
    "join": ("clear",),
    "registration": ("clear",),
}
_RELEASE: Mapping[str, Callable[[Case, Subject, datetime], bool]] = {
    "payout": _release_payout,
    "redemption": _release_redemption,
    "join": _release_mark,
    "registration": _release_mark,
}
