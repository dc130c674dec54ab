"""Replay the demo's generated referrals through the verbs of referrals and the gate."""

from datetime import timedelta

from accounts.operations import put_subscribers
from demo.operations.subscribers import digest, subscriber_in_ring
from demo.policy.invitations import Invitation, Invitations
from demo.policy.steps import Step
from demo.queries.referrals import cases_opened_until
from fraud.operations.decide_cases import decide_cases
from fraud.operations.screen_registrations import screen_registrations
from fraud.operations.tend_cases import tend_cases
from fraud.policy.cases import Analyst
from fraud.policy.verdicts import Verdict
from kernel.batches import pages_of
from loyalty.operations.pay_due import pay_due
from loyalty.operations.post_charges import post_charges
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.accrual import ChargeItem
from referrals.operations.join_invitees import JoinRequest, join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.operations.vest_referrals import vest_referrals
from referrals.policy.joining import JoinItem

JOINS_PER_CALL = 1_000
# Somebody looks at what is in review, but not at once: the newest wait for whoever tries it.
REVIEWED_AFTER = timedelta(days=60)
REVIEWER = Analyst("generated-reviewer", is_senior=True)
VERDICTS = {
    True: Verdict("confirmed_fraud", "Generated verdict: they are one person."),
    False: Verdict("false_positive", "Generated verdict: they are several persons after all."),
}


def register_rings(step: Step, invitations: Invitations) -> None:
    """Register the accounts of rings that came in, and post what they paid."""
    said = [subscriber_in_ring(account) for account in invitations.coming_in(step)]
    if said:
        for put in put_subscribers(subscribers=said, now=step.now):
            assert put.refusal is None, "nothing of the demo is refused"
        screen_registrations(names=[item.subscriber_id for item in said], now=step.now)
    charges = [
        ChargeItem(
            account.charge_id,
            account.subscriber_id,
            account.amount_minor,
            "service",
            account.paid_at,
        )
        for account in invitations.paying_in(step)
    ]
    if charges:
        for posted in post_charges(charges=charges, now=step.now):
            assert posted.refusal is None, "nothing of the demo is refused"


def report_invitations(step: Step, invitations: Invitations) -> None:
    """Join those whose invitations were reported by now, each as of when it was accepted."""
    for page in pages_of(invitations.reported_in(step), JOINS_PER_CALL):
        join_invitees(requests=[_request(step, each) for each in page], now=step.now)


def decide_referrals(step: Step) -> None:
    """Do what the clock does with referrals and bonuses, and what a reviewer would."""
    vest_referrals(now=step.now)
    screen_payouts(now=step.now)
    pay_due(now=step.now)
    tend_cases(now=step.now)
    if step.month_begins_at is not None:
        for is_abuse, cases in cases_opened_until(step.now - REVIEWED_AFTER).items():
            if cases:
                decide_cases(case_ids=cases, verdict=VERDICTS[is_abuse], by=REVIEWER, now=step.now)


def _request(step: Step, invitation: Invitation) -> JoinRequest:
    code = referral_code_of(subscriber_id=invitation.inviter_id, now=step.now)
    item = JoinItem(invitation.referral_id, code.code, invitation.invitee_id, invitation.joined_at)
    return JoinRequest(
        item,
        device=digest("device", invitation.device),
        ip=None if invitation.ip is None else digest("ip", invitation.ip),
    )
