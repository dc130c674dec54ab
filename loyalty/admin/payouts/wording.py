"""Why a payout waits and who has decided, in sentences."""

from typing import Any

from django.utils.translation import gettext as _

from doors.amounts import roubles_shown
from loyalty.admin.gate.words import VERDICTS, actor_of, sentences
from loyalty.models import Payout
from loyalty.policy.gate import (
    FOUR_EYES,
    IN_REVIEW,
    REQUESTED,
    Course,
    Foretold,
    Said,
    Standing,
    foretell,
    said_before,
)

UNDECIDED = (REQUESTED, IN_REVIEW)
# So much of an id tells payouts apart for people.
SHORT = 8


def in_short(payout: Payout) -> str:
    """How the id begins."""
    return str(payout.pk)[:SHORT]


def standing_of(payout: Payout) -> Standing:
    """What a verdict meets."""
    return Standing(
        payout.status,
        payout.value_minor,
        payout.four_eyes_above_minor,
        payout.maker,
        payout.proposed_verdict,
        payout.requested_by,
    )


def held_by(payout: Payout) -> list[str]:
    """Why it waits or went no further, apart from the four-eyes limit."""
    said = sentences([each for each in payout.reasons if each["code"] != FOUR_EYES.code])
    if payout.status == REQUESTED and not said:
        said.append(_("It waits for the screen."))
    return said


def why(payout: Payout) -> list[str]:
    """Why it waits, or went no further; in short, as lists say it."""
    return _why(payout, "")


def why_in_full(payout: Payout) -> list[str]:
    """The same with the reason of whoever has proposed or asked for something."""
    return _why(payout, reason_said(payout))


def reason_said(payout: Payout) -> str:
    """The reason of the proposal or request that counts; empty where it was not read."""
    return vars(payout).get("reason_said") or ""


def _why(payout: Payout, reason: str) -> list[str]:
    said = held_by(payout)
    if payout.status in UNDECIDED and standing_of(payout).needs_two:
        said.append(_("Two persons have to agree."))
    before = said_before(standing_of(payout))
    if payout.status in UNDECIDED and before is not None:
        said.append(said_in_words(before, reason))
    return said


def said_in_words(said: Said, reason: str = "") -> str:
    """The proposal or the request that the next verdict meets, with its reason where known."""
    if said.is_request:
        words = _("%(who)s has asked for it.") % {"who": said.by}
    else:
        words = _("%(who)s proposes %(verdict)s.") % {
            "who": said.by,
            "verdict": VERDICTS[said.verdict],
        }
    if not reason:
        return words
    because = _("Their reason: “%(reason)s”") % {"reason": reason}
    return f"{words} {because}"


def course_in_words(foretold: Foretold, by: str) -> str:
    """How a verdict will go, apart from what it does; empty if one person decides."""
    said = foretold.said
    if foretold.course is Course.REFUSED:
        return _refused_in_words(foretold, by)
    if foretold.course is Course.PROPOSES:
        return _("Your verdict will be a proposal: somebody else has to confirm it.")
    if foretold.course is Course.REPLACES and said is not None:
        return _(
            "Your verdict will be a proposal in the place of what %(who)s said: "
            "somebody else has to confirm it."
        ) % {"who": said.by}
    if foretold.course is Course.CONFIRMS and said is not None:
        if said.is_request:
            return _("You will confirm the request of %(who)s.") % {"who": said.by}
        return _("You will confirm the proposal of %(who)s.") % {"who": said.by}
    return ""


def _refused_in_words(foretold: Foretold, by: str) -> str:
    said = foretold.said
    if said is not None and said.by == by and not said.is_request:
        return _("You have proposed this: only somebody else can confirm it.")
    return _("You have asked for it: only somebody else can clear it.")


def decided_by(payout: Payout) -> str:
    """Who has decided: one, or above the limit two."""
    if payout.decided_by is None:
        return "–"
    if payout.checker and payout.maker and payout.maker != payout.checker:
        return f"{payout.maker}, {payout.checker}"
    return str(actor_of(payout.decided_by))


def four_eyes_notice(payout: Payout, by: str, may_decide: bool) -> list[str]:
    """What the four-eyes limit means for whoever looks at a payout that is not decided.

    Who has said what before, with their reason, and how either verdict of theirs would go.
    """
    standing = standing_of(payout)
    said = said_before(standing)
    if payout.status not in UNDECIDED or not (standing.needs_two or said is not None):
        return []
    notice = []
    if standing.needs_two:
        limit = roubles_shown(payout.four_eyes_above_minor)
        notice.append(_("Above %(limit)s nobody decides alone.") % {"limit": limit})
    if said is not None:
        notice.append(said_in_words(said, reason_said(payout)))
    if may_decide:
        notice += _courses(standing, by)
    return notice


def _courses(standing: Standing, by: str) -> list[str]:
    """How either verdict would go, where it is more than a decision of one person."""
    clearing, refusing = (course_in_words(foretell(standing, v, by), by) for v in VERDICTS)
    if clearing and clearing == refusing:
        return [clearing]
    lines = []
    if clearing:
        lines.append(_("If you clear it: %(course)s") % {"course": clearing})
    if refusing:
        lines.append(_("If you refuse it: %(course)s") % {"course": refusing})
    return lines


def cause_in_words(payout: Payout) -> Any:
    """What a payout is for, where no page shows it."""
    if payout.cause_type == "person":
        return _("asked for by %(who)s") % {"who": payout.requested_by or "–"}
    cause = _(payout.cause_type) if payout.cause_type else ""
    return f"{cause} {payout.cause_id}".strip() or "–"
