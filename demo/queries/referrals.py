"""What became of the demo's referrals and their bonuses."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count

from demo.policy.invitations import is_abuse
from fraud.models import Case
from loyalty.models import Payout
from loyalty.policy.gate import REFERRAL_BONUS
from referrals.models import Referral


def cases_opened_until(moment: datetime) -> dict[bool, list[int]]:
    """Open cases that nobody has proposed anything about, by whether they are about an abuse."""
    waiting = Case.objects.exclude(status="closed").filter(
        opened_at__lte=moment, proposed_by__isnull=True
    )
    found: dict[bool, list[int]] = {True: [], False: []}
    for case in waiting.select_related("subscriber", "other").order_by("id"):
        names = {case.subscriber.external_id, case.other.external_id if case.other else ""}
        found[is_abuse(_referrals_of(names), names)].append(case.pk)
    return found


def _referrals_of(names: set[str]) -> list[str]:
    """Whose invitees these are; an inviter is not judged by one of their invitees."""
    referrals = Referral.objects.filter(invitee__external_id__in=names)
    return list(referrals.values_list("referral_id", flat=True))


def referrals_by_status() -> Mapping[str, int]:
    """How many referrals there are of each status; of those that expired, for each reason."""
    counts = Referral.objects.values_list("status", "reason").annotate(count=Count("pk"))
    return {
        f"{status}: {reason}" if reason else status: count
        for status, reason, count in counts.order_by("status", "reason")
    }


def bonuses_by_status() -> Mapping[str, int]:
    """How many referral bonuses there are of each status."""
    bonuses = Payout.objects.filter(kind=REFERRAL_BONUS)
    counts = bonuses.values_list("status").annotate(count=Count("pk"))
    return dict(counts.order_by("status"))
