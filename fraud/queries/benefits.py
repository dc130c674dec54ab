"""The benefits that cases are about."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from fraud.models import Case
from fraud.queries.subjects import subject_of_payout, subject_of_redemption
from loyalty.models import Payout, Redemption
from loyalty.policy.gate import Subject


class Stoppable(NamedTuple):
    """Payouts of one subscriber, or depending on their staying, in one status."""

    number: int
    value_minor: int


def stoppable_payouts(*, subscriber_ids: Sequence[int], status: str) -> dict[int, Stoppable]:
    """How many payouts there are in a status, by whom they go to or depend on."""
    found: dict[int, Stoppable] = {}
    wanted: set[int] = set(subscriber_ids)
    for payout in payouts_of_subscribers(subscriber_ids=subscriber_ids, statuses=(status,)):
        for key in wanted & {payout.subscriber_id, payout.depends_on_id}:
            before = found.get(key, Stoppable(0, 0))
            worth = before.value_minor + payout.value_minor
            found[key] = Stoppable(before.number + 1, worth)
    return found


def payouts_of_subscribers(
    *, subscriber_ids: Sequence[int], statuses: Sequence[str]
) -> list[Payout]:
    """Payouts that these subscribers get, or that depend on their staying."""
    whose = Q(subscriber__in=subscriber_ids) | Q(depends_on__in=subscriber_ids)
    return list(Payout.objects.filter(whose, status__in=statuses).order_by("pk"))


def payouts_of_cases(cases: Sequence[Case]) -> dict[str, Payout]:
    """The payouts that cases are about, by their ids as text; one statement."""
    ids = [UUID(case.subject_id) for case in cases if case.subject_type == "payout"]
    return {str(payout.pk): payout for payout in Payout.objects.filter(pk__in=ids)}


def benefits_without_case(*, limit: int) -> list[Subject]:
    """Benefits in review without an open case: a cap or the four-eyes limit holds them."""
    open_cases = Case.objects.exclude(status="closed")
    of_payout = open_cases.filter(subject_type="payout", subject_id=OuterRef("text_id"))
    payouts = (
        Payout.objects.filter(status="in_review")
        .annotate(text_id=Cast("pk", CharField()))
        .filter(~Exists(of_payout))
        .order_by("requested_at")[:limit]
    )
    of_redemption = open_cases.filter(
        subject_type="redemption", subject_id=OuterRef("redemption_id")
    )
    redemptions = (
        Redemption.objects.filter(status="in_review")
        .filter(~Exists(of_redemption))
        .order_by("reserved_at")[:limit]
    )
    return [
        *(subject_of_payout(each) for each in payouts),
        *(subject_of_redemption(each) for each in redemptions),
    ]
