"""Decide over referrals: which have qualified, which can't any more, which bonuses go back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from kernel.arrays import literal
from kernel.batches import collection_paused
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.reinstate_payouts import reinstate_payouts
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.policy.gate import CLOCK, INVITEE_BONUS, REFERRAL_BONUS, Reason
from loyalty.policy.terms import ReferralTerms
from loyalty.queries.terms import program_zone, terms_calendar
from outbox.operations import publish
from referrals import news
from referrals.policy.gates import (
    EXPIRED,
    JOINED,
    QUALIFIED,
    REVERSIBLE,
    Judgement,
    TakeBack,
    judge,
    standing_again,
    to_take_back,
)
from referrals.queries.vesting import (
    DueReferral,
    due_referrals,
    restorable_referrals,
    watched_referrals,
)

REFERRALS_PER_PAGE = 2000
_CLAIMS_PER_CALL = 500
_REVERSED = "The refund that had undone it was reversed."

_DECIDE = """
    UPDATE referrals_referral r SET status = v.status, reason = v.reason,
        window_ends_at = v.window_ends_at,
        decided_at = CASE WHEN v.status = 'joined' THEN NULL ELSE %s END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
        AS v (id, status, reason, window_ends_at)
    WHERE r.id = v.id
"""


class Vested(NamedTuple):
    """What a run did."""

    qualified: int
    expired: int
    taken_back: int
    reinstated: int = 0


def vest_referrals(*, now: datetime, referrals_per_page: int = REFERRALS_PER_PAGE) -> Vested:
    """Judge every referral that can be judged by `now`, and look again at paid ones.

    A bonus that was taken back for a refund goes on once that refund is reversed.

    A qualified referral requests its bonuses, which wait for the gate. Safe to repeat, to kill
    and to run in two places: a commit per page, and a page claims referrals that nobody holds.
    """
    qualified, expired, after = 0, 0, 0
    while True:
        page = _vest_page(now, after, referrals_per_page)
        if page is None:
            break
        after = page.last
        qualified += page.qualified
        expired += page.expired
    return Vested(
        qualified,
        expired,
        _take_back(now, referrals_per_page),
        _reinstate(now, referrals_per_page),
    )


class _Page(NamedTuple):
    last: int
    qualified: int
    expired: int


@transaction.atomic
def _vest_page(now: datetime, after: int, limit: int) -> _Page | None:
    with collection_paused(limit):
        due = due_referrals(now=now, after=after, limit=limit)
        return _judge(due, now) if due else None


def _judge(due: Sequence[DueReferral], now: datetime) -> _Page:
    calendar = terms_calendar()
    judged = [
        (referral, judge(referral.facts, calendar.numbered(referral.terms).referral, now))
        for referral in due
    ]
    # One that has expired, and would expire again, stays as it is.
    changed = [
        (referral, judgement)
        for referral, judgement in judged
        if judgement.status != referral.status or judgement.status == JOINED
    ]
    _write(changed, now)
    qualified = [referral for referral, judgement in changed if judgement.status == QUALIFIED]
    expired = [pair for pair in changed if pair[1].status == EXPIRED]
    if qualified:
        request_payouts(requests=_requests(qualified), now=now)

    publish(name=news.QUALIFIED, items=[_said(referral) for referral in qualified], now=now)
    publish(
        name=news.EXPIRED,
        items=[{**_said(referral), "reason": judgement.reason} for referral, judgement in expired],
        now=now,
    )
    return _Page(due[-1].id, len(qualified), len(expired))


def _write(changed: Sequence[tuple[DueReferral, Judgement]], now: datetime) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _DECIDE,
            [
                now,
                literal([referral.id for referral, _ in changed]),
                literal([judgement.status for _, judgement in changed]),
                literal([judgement.reason for _, judgement in changed]),
                literal([referral.facts.window_ends_at for referral, _ in changed]),
            ],
        )


def _requests(qualified: Sequence[DueReferral]) -> list[PayoutRequest]:
    calendar = terms_calendar()
    requests = []
    for referral in qualified:
        terms = calendar.numbered(referral.terms).referral
        if terms.bonus_minor:
            requests.append(
                _request(referral, referral.inviter, REFERRAL_BONUS, terms.bonus_minor, terms)
            )
        if terms.invitee_bonus_minor:
            requests.append(
                _request(
                    referral, referral.invitee, INVITEE_BONUS, terms.invitee_bonus_minor, terms
                )
            )
    return requests


def _request(
    referral: DueReferral, whose: str, kind: str, value_minor: int, terms: ReferralTerms
) -> PayoutRequest:
    return PayoutRequest(
        subscriber_id=whose,
        kind=kind,
        cause_type="referral",
        cause_id=referral.referral_id,
        value_minor=value_minor,
        terms=referral.terms,
        parts=terms.instalments,
        depends_on=referral.invitee,
    )


def _take_back(now: datetime, limit: int) -> int:
    """Take bonuses back whose referral was undone; how many were stopped or taken back."""
    taken, after = 0, 0
    zone, calendar = program_zone(), terms_calendar()
    while watched := watched_referrals(now=now, after=after, limit=limit):
        after = watched[-1].id
        claims = []
        for referral in watched:
            terms = calendar.numbered(referral.terms).referral
            for bonus in referral.bonuses:
                undone = to_take_back(referral.facts, bonus.paid, terms, zone)
                if undone is not None:
                    claims.append(_claim(bonus.payout_id, undone))
        for start in range(0, len(claims), _CLAIMS_PER_CALL):
            page = claims[start : start + _CLAIMS_PER_CALL]
            taken += claw_back_payouts(claims=page, by=CLOCK, now=now)
    return taken


def _reinstate(now: datetime, limit: int) -> int:
    """Let bonuses go on that refunds had undone which were reversed since; how many payouts."""
    reinstated, after = 0, 0
    zone, calendar = program_zone(), terms_calendar()
    while found := restorable_referrals(after=after, limit=limit):
        after = found[-1].id
        standing = [
            (bonus.payout_id, stands.undone)
            for referral in found
            for bonus in referral.bonuses
            if (
                stands := standing_again(
                    referral.facts,
                    bonus.paid,
                    bonus.taken_back,
                    calendar.numbered(referral.terms).referral,
                    zone,
                )
            ).goes_on
        ]
        for start in range(0, len(standing), _CLAIMS_PER_CALL):
            reinstated += _reinstate_page(standing[start : start + _CLAIMS_PER_CALL], now)
    return reinstated


@transaction.atomic
def _reinstate_page(standing: Sequence[tuple[UUID, TakeBack | None]], now: datetime) -> int:
    """Reinstate bonuses, and take back at once what something else undoes."""
    reinstated = reinstate_payouts(
        payout_ids=[payout_id for payout_id, _ in standing],
        undone=REVERSIBLE,
        reason=_REVERSED,
        by=CLOCK,
        now=now,
    )
    claims = [_claim(payout_id, undone) for payout_id, undone in standing if undone is not None]
    if reinstated and claims:
        claw_back_payouts(claims=claims, by=CLOCK, now=now)
    return reinstated


def _claim(payout_id: UUID, undone: TakeBack) -> Claim:
    return Claim(payout_id, Reason(undone.reason, undone.detail), undone.numbers)


def _said(referral: DueReferral) -> dict[str, object]:
    return {
        "referral_id": referral.referral_id,
        "inviter_id": referral.inviter,
        "invitee_id": referral.invitee,
    }
