"""Let a verdict act on what it is about, through the verbs of the apps beneath."""

from datetime import datetime
from uuid import UUID

from fraud.models import Case
from fraud.policy.courses import Act, CaseCourse, Move, course_of
from fraud.policy.verdicts import Verdict
from fraud.queries.met import met_by_verdicts
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts, reopen_payouts
from loyalty.operations.return_points import decline_redemptions
from loyalty.policy.gate import Reason, StepNotPossible
from referrals.operations.refuse_referrals import refuse_referrals


def follow_verdict(*, case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    """Release or refuse what a case is about, and take back what was paid.

    As long as one of its benefits needs a second person, the verdict is proposed and nothing
    else happens.

    Returns:
        Whether it is decided; False if a second person has to confirm it.

    Raises:
        SecondVerdictNeeded: they have asked for it, or proposed this.
        StepNotPossible: the benefit has moved on meanwhile.
        As the verbs of payouts and redemptions.
    """
    met = met_by_verdicts([case])[case.pk]
    course = course_of(met, verdict.verdict, verdict.consequence, by)
    if course.refusal is not None:
        raise course.refusal
    for move in course.effective:
        _make(move, verdict, by, now)
    if course.is_final:
        _follow_subject(case, course, verdict, by, now)
    return course.is_final


def _make(move: Move, verdict: Verdict, by: str, now: datetime) -> None:
    payout_id = UUID(move.benefit.id)
    if move.act is Act.TAKE_BACK:
        claim = Claim(payout_id, Reason(verdict.verdict, verdict.reason))
        claw_back_payouts(claims=[claim], by=by, now=now)
        return
    if move.act is Act.RELEASE and move.benefit.is_wrongly_refused:
        reopen_payouts(payout_ids=[payout_id], reason=verdict.reason, by=by, now=now)
    decide = clear_payouts if move.act is Act.RELEASE else refuse_payouts
    [held] = decide(payout_ids=[payout_id], reason=verdict.reason, by=by, now=now)
    # What a limit holds again after it was cleared has no proposal left, and a case of its own.
    if bool(held.proposed_verdict) and held.status in ("requested", "in_review"):
        if not move.is_proposal:
            raise StepNotPossible("The benefit has moved on meanwhile.")
    elif move.is_proposal:
        raise StepNotPossible("The benefit has moved on meanwhile.")


def _follow_subject(
    case: Case, course: CaseCourse, verdict: Verdict, by: str, now: datetime
) -> None:
    if course.subject is Act.STAY:
        return
    if case.subject_type == "join":
        refuse_referrals(referral_ids=[case.subject_id], now=now)
        return
    decide = clear_redemptions if course.subject is Act.RELEASE else decline_redemptions
    decide(redemption_ids=[case.subject_id], reason=verdict.reason, by=by, now=now)
