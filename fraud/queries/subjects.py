"""What the screen is asked about: each kind of row as the screen's subject."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import Subscriber
from fraud.models import Case
from fraud.queries.asked import JOIN, REGISTRATION
from loyalty.models import Payout, Redemption
from loyalty.policy.gate import Subject
from referrals.models import Referral
from referrals.queries.joining import subject_of_join


def subject_of_registration(subscriber: Subscriber) -> Subject:
    """A registration as the screen is asked about it."""
    return Subject(REGISTRATION, subscriber.external_id, subscriber.pk, REGISTRATION, 0)


def subject_of_payout(payout: Payout) -> Subject:
    """A payout as the screen is asked about it."""
    return Subject(
        "payout",
        str(payout.pk),
        payout.subscriber_id,
        payout.kind,
        payout.value_minor,
        payout.cause_id,
        payout.depends_on_id,
    )


def subject_of_redemption(redemption: Redemption) -> Subject:
    """A redemption as the screen is asked about it, without what came with its request."""
    return Subject(
        "redemption",
        redemption.redemption_id,
        redemption.subscriber_id,
        redemption.reward,
        redemption.value_minor,
    )


def subjects_of_cases(cases: Sequence[Case]) -> dict[int, Subject]:
    """What cases are about, by their ids; three statements.

    Args:
        cases: with their subscribers; one whose subject is unknown is left out.
    """
    ids: dict[str, list[str]] = {}
    for case in cases:
        ids.setdefault(case.subject_type, []).append(case.subject_id)
    payouts = Payout.objects.filter(pk__in=[UUID(key) for key in ids.get("payout", ())])
    redemptions = Redemption.objects.filter(redemption_id__in=ids.get("redemption", ()))
    referrals = Referral.objects.filter(referral_id__in=ids.get(JOIN, ()))
    subjects = [
        *(subject_of_payout(each) for each in payouts),
        *(subject_of_redemption(each) for each in redemptions),
        *(subject_of_join(each) for each in referrals),
        *(
            subject_of_registration(case.subscriber)
            for case in cases
            if case.subject_type == REGISTRATION
        ),
    ]
    found = {(subject.type, subject.id): subject for subject in subjects}
    return {
        case.pk: found[case.subject_type, case.subject_id]
        for case in cases
        if (case.subject_type, case.subject_id) in found
    }
