"""How a verdict over a case will go: the verb does it, and every page says it beforehand."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from fraud.policy.cases import FALSE_POSITIVE, FRAUD, SAMPLE
from fraud.policy.standings import BLOCKED, NORMAL
from fraud.policy.verdicts import is_release
from kernel.refusals import Refusal
from loyalty.policy.gate import (
    CAP_EXCESS,
    CLEARED,
    FROZEN,
    IN_REVIEW,
    PAID,
    REQUESTED,
    Course,
    Foretold,
    Said,
    Standing,
    foretell,
    refusal_for_reopening,
    said_before,
)
from loyalty.policy.standing import SubscriberClosed
from referrals.policy.gates import JOINED

WAITING = (REQUESTED, IN_REVIEW)
_LET_OUT = (CLEARED, FROZEN, PAID)


class Act(StrEnum):
    """What a verdict does to a benefit, or to a referral."""

    RELEASE = "release"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Benefit:
    """A payout that a verdict meets.

    Attributes:
        decided_by: who decided it, if it is decided.
    """

    id: str
    kind: str
    standing: Standing
    decided_by: str | None

    @property
    def is_wrongly_refused(self) -> bool:
        """Whether the screen alone refused it: a verdict that lets it out says it was wrong."""
        status = self.standing.status
        return refusal_for_reopening(self.kind, status, self.decided_by) is None


@dataclass(frozen=True, slots=True)
class Met:
    """What a verdict meets: what the case is about, as it is now.

    Attributes:
        subject_type: payout, redemption, join or registration.
        status: of the redemption or the referral.
        benefits: the payout, or the bonuses of the referral.
        is_closed: whether the subscriber is, whose redemptions nobody lets out.
    """

    subject_type: str
    queue: str
    status: str = ""
    benefits: tuple[Benefit, ...] = ()
    is_closed: bool = False

    @property
    def said(self) -> Said | None:
        """What somebody has said before about the benefit, that still counts."""
        found = (said_before(b.standing) for b in self.benefits if b.standing.status in WAITING)
        return next((said for said in found if said is not None), None)

    @property
    def needs_two(self) -> bool:
        """Whether two persons have to agree."""
        return any(b.standing.needs_two and b.standing.status in WAITING for b in self.benefits)


class Move(NamedTuple):
    """What a verdict does to one payout; `foretold` where the gate's own verdict does it."""

    benefit: Benefit
    act: Act
    foretold: Foretold | None = None

    @property
    def is_proposal(self) -> bool:
        """Whether it is only proposed."""
        return self.foretold is not None and not self.foretold.is_final


class CaseCourse(NamedTuple):
    """How a verdict over a case will go.

    Attributes:
        moves: what it does to payouts.
        subject: what it does to the redemption or the referral, if the case is about one.
        stopped: why nobody can give it.
    """

    moves: tuple[Move, ...] = ()
    subject: Act = Act.STAY
    stopped: Refusal | None = None

    @property
    def course(self) -> Course:
        """Refused, proposed, or decided: all that it brings, or nothing of it."""
        if self.stopped is not None:
            return Course.REFUSED
        found = {move.foretold.course for move in self.moves if move.foretold is not None}
        order = (Course.REFUSED, Course.REPLACES, Course.PROPOSES, Course.CONFIRMS)
        return next((course for course in order if course in found), Course.DECIDES)

    @property
    def refusal(self) -> Refusal | None:
        """Why it can't be given by this person."""
        found = [m.foretold.refusal for m in self.moves if m.foretold is not None]
        return self.stopped or next((each for each in found if each is not None), None)

    @property
    def is_final(self) -> bool:
        """Whether the case is decided by it."""
        return self.course in (Course.DECIDES, Course.CONFIRMS)

    @property
    def said(self) -> Said | None:
        """What somebody has said before, that this verdict meets."""
        found = [m.foretold.said for m in self.moves if m.foretold is not None]
        return next((each for each in found if each is not None), None)

    @property
    def effective(self) -> tuple[Move, ...]:
        """The moves that are made: as long as one is a proposal, nothing else happens."""
        if self.is_final:
            return tuple(move for move in self.moves if move.act is not Act.STAY)
        return tuple(move for move in self.moves if move.is_proposal)


def course_of(met: Met, verdict: str, consequence: str, by: str) -> CaseCourse:
    """How a verdict of somebody over a case will go.

    Args:
        consequence: "release" or "refuse", said by the inconclusive alone.
    """
    releases = is_release(verdict, consequence)
    # A sample was paid already: a verdict that is no fraud leaves it as it is.
    if met.queue == SAMPLE and verdict != FRAUD:
        return CaseCourse()
    if met.subject_type == "payout":
        return CaseCourse(tuple(_move(benefit, releases, by) for benefit in met.benefits))
    if met.subject_type == "redemption":
        # A reservation that was let out is billing's to settle or release, and one that the
        # screen declined gave its points back: the subscriber asks again.
        if met.status != IN_REVIEW:
            return CaseCourse()
        stopped = SubscriberClosed() if releases and met.is_closed else None
        return CaseCourse(subject=_act(releases), stopped=stopped)
    if met.subject_type == "join" and not releases:
        moves = tuple(_move(benefit, releases, by) for benefit in met.benefits)
        return CaseCourse(moves, Act.REFUSE if met.status == JOINED else Act.STAY)
    # Billing's facts are never refused: what a verdict means for the person is all.
    return CaseCourse()


def _act(releases: bool) -> Act:
    return Act.RELEASE if releases else Act.REFUSE


def _move(benefit: Benefit, releases: bool, by: str) -> Move:
    standing = benefit.standing
    if benefit.is_wrongly_refused and releases:
        standing = _reopened(standing)
    if standing.status in WAITING:
        verdict = "clear" if releases else "refuse"
        return Move(benefit, _act(releases), foretell(standing, verdict, by))
    # What charges earned above a cap goes back with their refunds alone.
    takes_back = standing.status in _LET_OUT and not releases and benefit.kind != CAP_EXCESS
    return Move(benefit, Act.TAKE_BACK if takes_back else Act.STAY)


def _reopened(standing: Standing) -> Standing:
    return Standing(
        IN_REVIEW,
        standing.value_minor,
        standing.four_eyes_above_minor,
        standing.maker,
        standing.proposed_verdict,
        standing.requested_by,
    )


class PersonCourse(NamedTuple):
    """What a verdict that decides means for the subscriber.

    Attributes:
        standing: theirs afterwards; None leaves it.
        freezes, unfreezes: what becomes of their other payouts.
    """

    standing: str | None = None
    freezes: bool = False
    unfreezes: bool = False


def person_course(queue: str, verdict: str) -> PersonCourse:
    """What a verdict means for the subscriber; in the sample only fraud means anything."""
    if verdict == FRAUD:
        return PersonCourse(BLOCKED, freezes=True)
    if verdict == FALSE_POSITIVE and queue != SAMPLE:
        return PersonCourse(NORMAL, unfreezes=True)
    return PersonCourse()
