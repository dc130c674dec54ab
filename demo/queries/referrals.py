"""What became of the demo's referrals and their bonuses."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from loyalty.models import Payout
from loyalty.policy.gate import IN_REVIEW, REFERRAL_BONUS
from referrals.models import Referral


def reviews_begun_until(moment: datetime) -> list[UUID]:
    """Bonuses that were requested by a moment and wait for a verdict."""
    waiting = Payout.objects.filter(kind=REFERRAL_BONUS, status=IN_REVIEW, requested_at__lte=moment)
    return list(waiting.order_by("requested_at", "id").values_list("id", flat=True))


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
