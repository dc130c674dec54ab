"""Let a verdict act on what it is about, through the verbs of the apps beneath."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fraud.models import Case
from fraud.policy.verdicts import Verdict
from fraud.queries.benefits import payout_by_id, payouts_for_referral
from loyalty.models import Payout, Redemption
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts, reopen_payouts
from loyalty.operations.return_points import decline_redemptions
from loyalty.policy.gate import CAP_EXCESS, Reason, refusal_for_reopening
from referrals.operations.refuse_referrals import refuse_referrals

_WAITING = ("requested", "in_review")
_LET_OUT = ("cleared", "frozen", "paid")


def follow_verdict(*, case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    """Release or refuse what a case is about, and take back what was paid.

    Returns:
        Whether it is decided; False if a second person has to confirm it.

    Raises:
        As the verbs of payouts and redemptions.
    """
    return _FOLLOW[case.subject_type](case, verdict, by, now)


def _payout(case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    return _decide_payout(payout_by_id(payout_id=case.subject_id), verdict, by, now)


def _decide_payout(payout: Payout, verdict: Verdict, by: str, now: datetime) -> bool:
    if _is_wrongly_refused(payout) and verdict.releases:
        [reopened] = reopen_payouts(payout_ids=[payout.pk], reason=verdict.reason, by=by, now=now)
        payout.status = reopened.status
    if payout.status in _WAITING:
        decide = clear_payouts if verdict.releases else refuse_payouts
        [held] = decide(payout_ids=[payout.pk], reason=verdict.reason, by=by, now=now)
        return held.status not in _WAITING
    takes_back = payout.status in _LET_OUT and not verdict.releases
    # What charges earned above a cap goes back with their refunds alone.
    if takes_back and payout.kind != CAP_EXCESS:
        claim = Claim(payout.pk, Reason(verdict.verdict, verdict.reason))
        claw_back_payouts(claims=[claim], by=by, now=now)
    return True


def _is_wrongly_refused(payout: Payout) -> bool:
    """Whether the screen alone refused it; a verdict that lets it out says that it was wrong."""
    return refusal_for_reopening(payout.kind, payout.status, payout.decided_by) is None


def _redemption(case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    redemption = Redemption.objects.get(redemption_id=case.subject_id)
    # A reservation that was let out is billing's to settle or release, and one that the screen
    # declined gave its points back: the subscriber asks again.
    if redemption.status == "in_review":
        decide = clear_redemptions if verdict.releases else decline_redemptions
        decide(redemption_ids=[case.subject_id], reason=verdict.reason, by=by, now=now)
    return True


def _join(case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    if verdict.releases:
        return True
    refuse_referrals(referral_ids=[case.subject_id], now=now)
    decided = [
        _decide_payout(payout, verdict, by, now)
        for payout in payouts_for_referral(referral_id=case.subject_id)
    ]
    return all(decided)


def _registration(case: Case, verdict: Verdict, by: str, now: datetime) -> bool:
    # Billing's facts are never refused: what a verdict means for the person is all.
    return True


_FOLLOW: Mapping[str, Callable[[Case, Verdict, str, datetime], bool]] = {
    "payout": _payout,
    "redemption": _redemption,
    "join": _join,
    "registration": _registration,
}
