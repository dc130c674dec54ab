"""The gate: states of benefits, which step leads from which to which, and who may decide.

Every benefit but ordinary accrual passes it. The screen proposes, persons decide what it
holds back, and the ledger knows nothing of a benefit before it is cleared.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from kernel.refusals import NotFound, Refusal

CAP_EXCESS, REFERRAL_BONUS, INVITEE_BONUS, GOODWILL = (
    "cap_excess",
    "referral_bonus",
    "invitee_bonus",
    "goodwill",
)
PAYOUT_KINDS = (CAP_EXCESS, REFERRAL_BONUS, INVITEE_BONUS, GOODWILL)

REQUESTED, IN_REVIEW, CLEARED, FROZEN, PAID, REFUSED, CANCELLED, CLAWED_BACK = (
    "requested",
    "in_review",
    "cleared",
    "frozen",
    "paid",
    "refused",
    "cancelled",
    "clawed_back",
)
PAYOUT_STATUSES = (
    REQUESTED,
    IN_REVIEW,
    CLEARED,
    FROZEN,
    PAID,
    REFUSED,
    CANCELLED,
    CLAWED_BACK,
)
# What may still be paid, and what is on its way through the gate.
OPEN_STATUSES = (REQUESTED, IN_REVIEW, CLEARED, FROZEN)
# The benefit was promised: somebody, or the screen, has cleared it.
PROMISED_STATUSES = (CLEARED, FROZEN, PAID)

INSTALMENT_STATUSES = ("due", "paid", "cancelled", "clawed_back")
VERDICTS = ("clear", "refuse")

# Who acts where nobody of the operator's does.
SCREEN, CLOCK, SUBSCRIBER = "screen", "clock", "subscriber"
MACHINES = (SCREEN, CLOCK)


class Step(NamedTuple):
    """A transition: from which statuses, to which."""

    sources: tuple[str, ...]
    target: str


STEPS: Mapping[str, Step] = {
    "clear": Step((REQUESTED, IN_REVIEW), CLEARED),
    # A payout that was cleared comes back when an instalment of it exceeds a cap.
    "hold": Step((REQUESTED, CLEARED), IN_REVIEW),
    "refuse": Step((REQUESTED, IN_REVIEW), REFUSED),
    # What the screen alone refused: a person finds that it was wrong.
    "reopen": Step((REFUSED,), IN_REVIEW),
    "freeze": Step((CLEARED,), FROZEN),
    "unfreeze": Step((FROZEN,), CLEARED),
    "pay": Step((CLEARED,), PAID),
    "cancel": Step(OPEN_STATUSES, CANCELLED),
    # Again, too: what was paid beside the first time, or what an earlier departure, learnt of
    # later, takes in.
    "claw_back": Step(
        (IN_REVIEW, CLEARED, FROZEN, PAID, REFUSED, CANCELLED, CLAWED_BACK), CLAWED_BACK
    ),
    # The refund that undid it was reversed: it goes on as it was, mostly cleared.
    "reinstate": Step((CANCELLED, CLAWED_BACK), CLEARED),
}

# A redemption passes the same screen and verdicts; billing's own steps stand beside them.
REDEMPTION_STEPS: Mapping[str, Step] = {
    "clear": Step((IN_REVIEW,), "reserved"),
    "decline": Step((IN_REVIEW,), "declined"),
    # The customer who changed their mind waits for no verdict.
    "release": Step((IN_REVIEW, "reserved"), "released"),
}


class UnknownPayout(NotFound):
    code = "unknown_payout"
    title = "There is no payout with this id."


class StepNotPossible(Refusal):
    code = "step_not_possible"
    title = "The benefit is not in a state from which this step leads."


class SecondVerdictNeeded(Refusal):
    code = "second_verdict_needed"
    title = "Another person has to confirm the verdict: nobody confirms what they proposed."


class ReasonMissing(Refusal):
    code = "reason_missing"
    title = "A decision about a benefit needs a reason."


class Subject(NamedTuple):
    """What is screened: a payout or a redemption before its points are let out.

    Attributes:
        type: "payout" or "redemption".
        id: its own, as text.
        subscriber_id: whose wallet the value goes to, or comes from.
        kind: of the payout; the reward of a redemption.
        cause_id: what the benefit is for, such as the id of a referral.
        depends_on_id: the subscriber whose staying earns it, if that is somebody.
        digests: of identifiers that came with the request, by kind.
    """

    type: str
    id: str
    subscriber_id: int
    kind: str
    value_minor: int
    cause_id: str = ""
    depends_on_id: int | None = None
    digests: tuple[tuple[str, bytes], ...] = ()


class Reason(NamedTuple):
    """Why a benefit waits or went no further: a stable code, and a sentence for people."""

    code: str
    detail: str

    def shown(self) -> dict[str, str]:
        return {"code": self.code, "detail": self.detail}


def nothing_to_pay(kind: str) -> Reason:
    """Why a payout of no points ends: an excess was refunded, a small bonus is no whole point."""
    if kind == CAP_EXCESS:
        return Reason("nothing_left", "All of it was refunded.")
    return Reason("less_than_a_point", "It is worth less than one point.")


class Screening(NamedTuple):
    """What a screen says of a subject.

    Attributes:
        outcome: "clear"; "wait", to be screened again until what is missing has come;
            "review" by a person; or "refuse".
    """

    outcome: str
    reasons: tuple[Reason, ...] = ()


OUTCOMES = ("clear", "wait", "review", "refuse")
CLEAR = Screening("clear")
NO_SCREEN = Screening(
    "wait",
    (Reason("screen_missing", "No screen is configured, and nothing passes unscreened."),),
)
FOUR_EYES = Reason("four_eyes", "Above the four-eyes limit two persons have to agree.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a verdict meets: the payout's state, its value, and who has said what before.

    Attributes:
        maker, proposed_verdict: who proposed which verdict last; a request counts as a proposal
            to clear.
        requested_by: the person who asked for it, if one did; they never clear it.
    """

    status: str
    value_minor: int
    four_eyes_above_minor: int
    maker: str | None
    proposed_verdict: str
    requested_by: str | None = None

    @property
    def needs_two(self) -> bool:
        """Whether nobody decides alone."""
        return self.value_minor > self.four_eyes_above_minor


def refusal_for_step(step: str, status: str) -> Refusal | None:
    """Why a step doesn't apply, or None."""
    if status in STEPS[step].sources:
        return None
    return StepNotPossible(f"The payout is {status}: {step} does not apply.")


def refusal_for_reopening(kind: str, status: str, decided_by: str | None) -> Refusal | None:
    """Why a refused payout can't come back to review, or None: what a person refused is final."""
    refusal = refusal_for_step("reopen", status)
    if refusal is None and (decided_by != SCREEN or kind == CAP_EXCESS):
        return StepNotPossible("A person refused it, or its excess is settled: it stays refused.")
    return refusal


def passes(standing: Standing, screening: Screening) -> Screening:
    """What becomes of a screened payout: a machine decides nothing above the four-eyes limit."""
    if screening.outcome in ("clear", "refuse") and standing.needs_two:
        return Screening("review", (*screening.reasons, FOUR_EYES))
    return screening


class PastStep(NamedTuple):
    """A step that a payout has taken: from which status, and the first code of its reasons."""

    step: str
    before: str
    code: str


def status_before_undoing(history: Sequence[PastStep], codes: Collection[str]) -> str | None:
    """What a payout was before it was taken back or cancelled for one of these reasons.

    None if anything else happened to it last.

    Args:
        history: its steps, the latest first.
    """
    found = None
    for step, before, code in history:
        if step not in ("claw_back", "cancel") or code not in codes:
            break
        found = before
    return found


class Course(StrEnum):
    """How a verdict of a person goes."""

    DECIDES = "decides"
    CONFIRMS = "confirms"
    PROPOSES = "proposes"
    REPLACES = "replaces"
    REFUSED = "refused"


class Said(NamedTuple):
    """A verdict that somebody gave before and that still counts; a request is one, to clear."""

    by: str
    verdict: str
    is_request: bool


class Foretold(NamedTuple):
    """How a verdict will go, and what somebody else, or the same person, has said before."""

    course: Course
    said: Said | None
    refusal: Refusal | None = None

    @property
    def is_final(self) -> bool:
        """Whether the benefit is decided by it."""
        return self.course in (Course.DECIDES, Course.CONFIRMS)


def foretell(standing: Standing, verdict: str, by: str) -> Foretold:
    """How a person's verdict will go: the verb does it, and every page says it beforehand.

    Above the limit the first verdict is a proposal, which the same verdict of another person
    confirms and a different one replaces. Up to the limit one person decides. Nobody clears
    what they have asked for themselves.
    """
    assert verdict in VERDICTS, "a verdict clears or refuses"
    said = said_before(standing)
    refusal = refusal_for_step(verdict, standing.status) or _refusal_for_own(
        standing, said, verdict, by
    )
    if refusal is not None:
        return Foretold(Course.REFUSED, said, refusal)
    if not standing.needs_two:
        return Foretold(Course.DECIDES, said)
    if said is None:
        return Foretold(Course.PROPOSES, None)
    return Foretold(Course.CONFIRMS if said.verdict == verdict else Course.REPLACES, said)


def said_before(standing: Standing) -> Said | None:
    """The proposal or the request that the next verdict meets, if there is one."""
    if standing.maker is None or not standing.proposed_verdict:
        return None
    is_request = standing.maker == standing.requested_by and standing.proposed_verdict == "clear"
    return Said(standing.maker, standing.proposed_verdict, is_request)


def _refusal_for_own(
    standing: Standing, said: Said | None, verdict: str, by: str
) -> Refusal | None:
    if verdict == "clear" and standing.requested_by == by:
        return SecondVerdictNeeded(f"{by} has asked for it; somebody else clears it.")
    if said is not None and (said.by, said.verdict) == (by, verdict):
        return SecondVerdictNeeded(f"{by} has proposed this verdict; somebody else confirms it.")
    return None


class Change(NamedTuple):
    """A step that was taken: kept for ever with who, why, before and after."""

    subject_type: str
    subject_id: str
    subscriber_id: int
    step: str
    before: str
    after: str
    at: datetime
    by: str
    reason: str
    details: dict[str, object]
