"""Joining: whose invitation counts, and which does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from kernel.moments import CLOCK_SKEW
from kernel.refusals import NotFound, Refusal
from loyalty.policy.standing import OccurredInTheFuture, UnknownSubscriber
from loyalty.policy.terms import ReferralTerms


class UnknownReferral(NotFound):
    code = "unknown_referral"
    title = "There is no referral with this id."


class UnknownReferralCode(Refusal):
    code = "unknown_referral_code"
    title = "Nobody has this referral code."


class OwnReferralCode(Refusal):
    code = "own_referral_code"
    title = "Nobody can invite themselves."


class AlreadyInvited(Refusal):
    code = "already_invited"
    title = "The invitee has joined by an invitation before."


class InviteeWasSubscriber(Refusal):
    code = "invitee_was_subscriber"
    title = "The invitee was a subscriber before."


class JoinedTooLate(Refusal):
    code = "joined_too_late"
    title = "An invitation counts only soon after the invitee's activation."


class InviterNotActive(Refusal):
    code = "inviter_not_active"
    title = "The inviter was not an active subscriber."


class ReferralLimitReached(Refusal):
    code = "referral_limit_reached"
    title = "The inviter has invited as many subscribers as a month allows."


class ReferralCycle(Refusal):
    code = "referral_cycle"
    title = "The invitee stands above the inviter in the chain of invitations."


class JoinItem(NamedTuple):
    """An invitation as it is reported; the instant aware and in UTC."""

    referral_id: str
    referral_code: str
    invitee_id: str
    occurred_at: datetime | None


REFUSED_BY_SCREEN = "refused_by_screen"
# The same line, which was closed and activated again.
SAME_LINE = "line"


class EarlierLine(NamedTuple):
    """What shows that an invitee was a subscriber before their activation.

    Attributes:
        kind: "line", the invitee's own; "passport", at any time; "phone", within the days of the
            terms.
        at: when the own line was closed, the line with the passport activated, the number given
            up; None if another line has the number still.
    """

    kind: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class JoinFacts:
    """What decides over an invitation, as of the moment when it was accepted.

    Attributes:
        inviter_id: whose code it is; None if nobody's.
        invitee_id: None if billing has not reported them.
        inviter_status: at that moment.
        earlier: what shows that the invitee was a subscriber before, if anything does.
        is_invited: by whomever, before.
        closes_cycle: the invitee is the inviter's inviter, or further up.
        referrals_of_month: the inviter's, in the month of that moment.
    """

    inviter_id: int | None
    invitee_id: int | None
    inviter_status: str | None
    activated_at: datetime | None
    earlier: EarlierLine | None
    is_invited: bool
    closes_cycle: bool
    referrals_of_month: int


def refusal_for_join(
    facts: JoinFacts, occurred_at: datetime, terms: ReferralTerms, now: datetime
) -> Refusal | None:
    """Why an invitation doesn't count, or None; the first reason of this ladder."""
    if facts.invitee_id is None or facts.activated_at is None:
        return UnknownSubscriber()
    if facts.inviter_id is None:
        return UnknownReferralCode()
    if occurred_at > now + CLOCK_SKEW:
        return OccurredInTheFuture()
    if facts.inviter_id == facts.invitee_id:
        return OwnReferralCode()
    return _refusal_by_history(facts, occurred_at, facts.activated_at, terms)


def _refusal_by_history(
    facts: JoinFacts, occurred_at: datetime, activated_at: datetime, terms: ReferralTerms
) -> Refusal | None:
    if facts.is_invited:
        return AlreadyInvited()
    if facts.earlier is not None:
        return _was_subscriber(facts.earlier, terms)
    if occurred_at >= activated_at + timedelta(days=terms.join_days_max):
        return JoinedTooLate(
            f"The invitee was activated more than {terms.join_days_max} days before."
        )
    if facts.inviter_status != "active":
        return InviterNotActive()
    if facts.referrals_of_month >= terms.per_month_max:
        return ReferralLimitReached(per_month_max=terms.per_month_max)
    if facts.closes_cycle:
        return ReferralCycle()
    return None


def _was_subscriber(earlier: EarlierLine, terms: ReferralTerms) -> Refusal:
    """Which identifier says so, since when, and how it ends; never whose line it was."""
    on = "" if earlier.at is None else f"{earlier.at:%Y-%m-%d}"
    if earlier.kind == SAME_LINE:
        return InviteeWasSubscriber(
            f"The invitee's line was closed on {on} and activated again. If it was not, billing"
            " corrects its closing.",
            identifier=earlier.kind,
            since=on,
        )
    if earlier.kind == "passport":
        return InviteeWasSubscriber(
            f"A line with the invitee's passport was activated on {on}, before the invitee's. A"
            " passport that stands for nobody is declared meaningless by a senior analyst.",
            identifier=earlier.kind,
            since=on,
        )
    days = terms.number_rest_days
    if earlier.at is None:
        return InviteeWasSubscriber(
            "A line that was activated earlier has the invitee's phone number. Once billing"
            f" reports that it was given up, the number is nobody's after {days} days.",
            identifier=earlier.kind,
            since=None,
        )
    return InviteeWasSubscriber(
        f"A line that was activated earlier had the invitee's phone number until {on}, less than"
        f" {days} days before the invitee's activation. If it was given up earlier, billing"
        " reports until when.",
        identifier=earlier.kind,
        since=on,
    )
