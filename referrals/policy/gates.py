"""The two gates of a bonus: the invitee has stayed, and has brought what was asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kernel.moments import add_months
from loyalty.policy.terms import ReferralTerms

JOINED, QUALIFIED, EXPIRED, REFUSED = "joined", "qualified", "expired", "refused"
REFERRAL_STATUSES = (JOINED, QUALIFIED, EXPIRED, REFUSED)

LEFT, ARPU_MISSED = "invitee_left", "arpu_not_reached"
CHARGED_BACK, REFUNDED = "invitee_charged_back", "invitee_refunded"
# What takes a bonus back and may turn out not to stand: a refund that is reversed.
REVERSIBLE = (CHARGED_BACK, REFUNDED)
EXPIRY_REASONS = (LEFT, ARPU_MISSED)


def window_end(activated_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """When the window [activated_at, activated_at + months) ends: the same local time of day.

    The day is clamped to the end of a shorter month.
    """
    local = activated_at.astimezone(zone)
    day = add_months(local.date(), months)
    return datetime.combine(day, local.time(), tzinfo=zone).astimezone(activated_at.tzinfo)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What decides over a referral; kopecks, and instants in UTC.

    Attributes:
        stayed_until: the end of the active period that began by the activation; None while it
            lasts, and the activation itself if there is none.
        revenue_minor: charges that occurred in the window, less their refunds.
    """

    activated_at: datetime
    window_ends_at: datetime
    stayed_until: datetime | None
    revenue_minor: int


class Judgement(NamedTuple):
    """What a referral is, and why it went no further."""

    status: str
    reason: str = ""


def judge(facts: GateFacts, terms: ReferralTerms, now: datetime) -> Judgement:
    """Whether a referral is still open, has qualified, or can't any more."""
    if not _has_stayed(facts, min(now, facts.window_ends_at)):
        return Judgement(EXPIRED, LEFT)
    if now < facts.window_ends_at:
        return Judgement(JOINED)
    if not reaches_arpu(facts.revenue_minor, terms):
        return Judgement(EXPIRED, ARPU_MISSED)
    return Judgement(QUALIFIED)


def reaches_arpu(revenue_minor: int, terms: ReferralTerms) -> bool:
    """Whether revenue ÷ months reaches the gate, exactly."""
    return revenue_minor >= terms.arpu_min_minor * terms.stay_months_min


def _has_stayed(facts: GateFacts, until: datetime) -> bool:
    return facts.stayed_until is None or facts.stayed_until >= until


@dataclass(frozen=True, slots=True)
class Gate:
    """How far a gate is: what is needed, what there is, and what is missing."""

    met: bool
    needed: int
    so_far: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.so_far)


def retention_gate(facts: GateFacts, terms: ReferralTerms, zone: ZoneInfo, now: datetime) -> Gate:
    """Full months that the invitee has stayed, out of those that are needed."""
    end = now if facts.stayed_until is None else min(now, facts.stayed_until)
    needed = terms.stay_months_min
    stayed = _full_months(facts.activated_at, end, zone, needed)
    return Gate(_has_stayed(facts, facts.window_ends_at) and stayed >= needed, needed, stayed)


def arpu_gate(facts: GateFacts, terms: ReferralTerms) -> Gate:
    """Kopecks of monthly revenue over the window, rounded down, out of those that are needed."""
    so_far = facts.revenue_minor // terms.stay_months_min
    return Gate(reaches_arpu(facts.revenue_minor, terms), terms.arpu_min_minor, so_far)


def _full_months(start: datetime, end: datetime, zone: ZoneInfo, most: int) -> int:
    months = 0
    while months < most and window_end(start, months + 1, zone) <= end:
        months += 1
    return months


class RefundMade(NamedTuple):
    """A refund or chargeback of one of the invitee's charges of the window."""

    occurred_at: datetime
    amount_minor: int
    reason: str


class PaidPart(NamedTuple):
    """An instalment of the bonus that was paid."""

    number: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class AfterFacts:
    """What takes a paid bonus back.

    Attributes:
        gross_minor: charges that occurred in the window, before refunds.
        refunds: of those charges, in any order.
        stayed_until: as in `GateFacts`.
        closed_at: when the invitee first left, whenever that was learnt, and also if they came
            back.
    """

    window_ends_at: datetime
    stayed_until: datetime | None
    closed_at: datetime | None
    gross_minor: int
    refunds: tuple[RefundMade, ...]


class TakeBack(NamedTuple):
    """Which instalments are taken back, and why."""

    numbers: frozenset[int]
    reason: str
    detail: str


def to_take_back(
    facts: AfterFacts, paid: tuple[PaidPart, ...], terms: ReferralTerms, zone: ZoneInfo
) -> TakeBack | None:
    """Which paid instalments are taken back, or None.

    Each has its own window of months after its payment; what happened before its payment and
    was learnt later counts too.
    """
    happened = _undoing(facts, terms)
    if happened is None:
        return None
    at, reason, detail = happened
    numbers = frozenset(
        part.number for part in paid if at < window_end(part.paid_at, terms.clawback_months, zone)
    )
    return TakeBack(numbers, reason, detail)


class Standing(NamedTuple):
    """What of a bonus stands after a refund that had undone it was reversed.

    Attributes:
        goes_on: something of it is there again.
        undone: what still takes instalments back, or None.
    """

    goes_on: bool
    undone: TakeBack | None


def standing_again(
    facts: AfterFacts,
    paid: tuple[PaidPart, ...],
    taken_back: tuple[PaidPart, ...],
    terms: ReferralTerms,
    zone: ZoneInfo,
) -> Standing:
    """Which instalments stand that were taken back, as if what was reversed had not happened.

    Of several things that undo a referral each takes back the instalments of its own windows:
    what only the reversed one had taken is there again.

    Args:
        paid, taken_back: instalments that are paid now, and that had been.
    """
    undone = to_take_back(facts, paid + taken_back, terms, zone)
    if undone is None:
        return Standing(True, None)
    return Standing(any(part.number not in undone.numbers for part in taken_back), undone)


def _undoing(facts: AfterFacts, terms: ReferralTerms) -> tuple[datetime, str, str] | None:
    """The earliest thing that undoes a qualified referral: when, its code, its sentence."""
    found: list[tuple[datetime, str, str]] = []
    if facts.stayed_until is not None and facts.stayed_until < facts.window_ends_at:
        found.append((facts.stayed_until, LEFT, "The invitee did not stay through the window."))
    if facts.closed_at is not None:
        found.append((facts.closed_at, LEFT, "The invitee left."))
    net = facts.gross_minor
    for refund in sorted(facts.refunds):
        net -= refund.amount_minor
        if refund.reason == "chargeback":
            found.append((refund.occurred_at, CHARGED_BACK, "The invitee charged back."))
        if not reaches_arpu(net, terms):
            detail = "Refunds of the invitee's charges leave less than the ARPU that was needed."
            found.append((refund.occurred_at, REFUNDED, detail))
    return min(found, default=None)
