"""What verdicts over cases meet, read for a page of cases in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet

from fraud.models import Case
from fraud.policy.courses import Benefit, Met
from loyalty.models import Payout, Redemption
from loyalty.policy.gate import Standing
from loyalty.queries.payouts import with_reasons_said
from referrals.models import Referral


def met_by_verdicts(
    cases: Sequence[Case], payouts: Mapping[int, Sequence[Payout]] | None = None
) -> dict[int, Met]:
    """What a verdict over each of these cases meets now, by the case's number.

    Args:
        payouts: what `payouts_about` said of them, if it was asked already.
    """
    payouts = payouts_about(cases) if payouts is None else payouts
    redemptions = dict(
        Redemption.objects.filter(redemption_id__in=_ids(cases, "redemption")).values_list(
            "redemption_id", "status"
        )
    )
    referrals = dict(
        Referral.objects.filter(referral_id__in=_ids(cases, "join")).values_list(
            "referral_id", "status"
        )
    )
    statuses = {"redemption": redemptions, "join": referrals}
    return {
        case.pk: Met(
            case.subject_type,
            case.queue,
            statuses.get(case.subject_type, {}).get(case.subject_id, ""),
            tuple(benefit_of(payout) for payout in payouts[case.pk]),
            is_closed=case.subscriber.closed_at is not None,
        )
        for case in cases
    }


def payouts_about(cases: Sequence[Case]) -> dict[int, list[Payout]]:
    """The payouts that verdicts over cases decide, with the reasons of what was said of them."""
    by_id = {
        str(payout.pk): payout
        for payout in with_reasons_said(
            _payouts().filter(pk__in=[UUID(each) for each in _ids(cases, "payout")])
        )
    }
    bonuses: dict[str, list[Payout]] = {}
    for payout in with_reasons_said(
        _payouts().filter(cause_type="referral", cause_id__in=_ids(cases, "join"))
    ).order_by("pk"):
        bonuses.setdefault(payout.cause_id, []).append(payout)
    found: dict[int, list[Payout]] = {case.pk: [] for case in cases}
    for case in cases:
        if case.subject_type == "payout" and case.subject_id in by_id:
            found[case.pk] = [by_id[case.subject_id]]
        if case.subject_type == "join":
            found[case.pk] = bonuses.get(case.subject_id, [])
    return found


def _payouts() -> QuerySet[Payout]:
    parties = Payout.objects.select_related("subscriber", "depends_on")
    return parties.prefetch_related("instalments")


def benefit_of(payout: Payout) -> Benefit:
    """A payout as the policy of verdicts takes it."""
    return Benefit(
        str(payout.pk),
        payout.kind,
        Standing(
            payout.status,
            payout.value_minor,
            payout.four_eyes_above_minor,
            payout.maker,
            payout.proposed_verdict,
            payout.requested_by,
        ),
        payout.decided_by,
    )


def _ids(cases: Sequence[Case], subject_type: str) -> list[str]:
    return [case.subject_id for case in cases if case.subject_type == subject_type]
