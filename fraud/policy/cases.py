"""Cases: their states, who may take them, how long they have, and what lapses then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from fraud.policy.scoring import HIGH, LOW, MEDIUM
from kernel.refusals import NotFound, Refusal

OPEN, CLAIMED, SNOOZED, CLOSED = "open", "claimed", "snoozed", "closed"
CASE_STATUSES = (OPEN, CLAIMED, SNOOZED, CLOSED)
# "gate": a benefit waits for the verdict; "account": a registration or a join was
# marked, or the screen refused a benefit;
# "sample": drawn at random among the cleared, who don't wait; "anomaly": unusual activity.
GATE, ACCOUNT, SAMPLE, ANOMALY = "gate", "account", "sample", "anomaly"
QUEUES = (GATE, ACCOUNT, SAMPLE, ANOMALY)
FRAUD, FALSE_POSITIVE, INCONCLUSIVE = "confirmed_fraud", "false_positive", "inconclusive"
VERDICTS = (FRAUD, FALSE_POSITIVE, INCONCLUSIVE)

CLAIM_LASTS = timedelta(minutes=60)
_LAPSED = "Your claim on this case has lapsed after 60 minutes; claim it again."
SNOOZE_MAX = timedelta(days=30)


class UnknownCase(NotFound):
    code = "unknown_case"
    title = "There is no case with this id."


class CaseNotYours(Refusal):
    code = "case_not_yours"
    title = "Somebody else has claimed this case."


class CaseNotClaimed(Refusal):
    code = "case_not_claimed"
    title = "Nobody holds this case now: claim it first. A claim ends after 60 minutes."


class CaseClosed(Refusal):
    code = "case_closed"
    title = "This case has been decided."


class CaseNeedsSenior(Refusal):
    code = "case_needs_senior"
    title = "An escalated case is decided by a senior analyst."


class SecondAnalystNeeded(Refusal):
    code = "second_analyst_needed"
    title = "Whoever proposed the verdict does not confirm it."


class SnoozeTooLong(Refusal):
    code = "snooze_too_long"
    title = "A case is snoozed for at most 30 days."


class SnoozeInThePast(Refusal):
    code = "snooze_in_the_past"
    title = "A case is snoozed until a moment to come; this one has passed."


class CaseReasonMissing(Refusal):
    code = "case_reason_missing"
    title = "A step of a case needs a reason."


class Analyst(NamedTuple):
    """Who acts, and whether escalated cases are theirs too."""

    name: str
    is_senior: bool = False


class Deadline(NamedTuple):
    """How long a case of a band has, and what happens when nobody decided by then.

    "escalate" hands it to the seniors and holds the benefit; "release" lets it out.
    """

    after: timedelta
    policy: str


# Nothing is paid because nobody looked, but in the lowest band.
DEADLINES = {
    HIGH: Deadline(timedelta(hours=24), "escalate"),
    MEDIUM: Deadline(timedelta(hours=72), "escalate"),
    LOW: Deadline(timedelta(days=7), "release"),
}


@dataclass(frozen=True, slots=True)
class CaseState:
    """What decides who may do what with a case."""

    status: str
    claimed_by: str | None
    claimed_at: datetime | None
    is_escalated: bool
    proposed_by: str | None

    def holder(self, now: datetime) -> str | None:
        """Who holds the case; nobody once the claim has lapsed."""
        if self.status != CLAIMED or self.claimed_at is None:
            return None
        return self.claimed_by if now < self.claimed_at + CLAIM_LASTS else None


def refusal_for_claim(state: CaseState, by: Analyst, now: datetime) -> Refusal | None:
    """Why somebody can't take a case, or None."""
    if state.status == CLOSED:
        return CaseClosed()
    if state.holder(now) not in (None, by.name):
        return CaseNotYours(claimed_by=state.claimed_by)
    if state.is_escalated and not by.is_senior:
        return CaseNeedsSenior()
    if state.proposed_by == by.name:
        return SecondAnalystNeeded()
    return None


def refusal_for_step(state: CaseState, by: Analyst, now: datetime) -> Refusal | None:
    """Why somebody can't decide, snooze or escalate a case, or None: only its holder can."""
    if state.status == CLOSED:
        return CaseClosed()
    holder = state.holder(now)
    if holder is None:
        has_lapsed = state.status == CLAIMED and state.claimed_by == by.name
        return CaseNotClaimed(_LAPSED) if has_lapsed else CaseNotClaimed()
    return None if holder == by.name else CaseNotYours(claimed_by=holder)


def refusal_for_snooze(until: datetime, now: datetime) -> Refusal | None:
    """Why a case can't sleep until then, or None."""
    if until <= now:
        return SnoozeInThePast()
    return None if until <= now + SNOOZE_MAX else SnoozeTooLong()
