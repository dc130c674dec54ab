"""Why a payout waits and who has decided, in sentences."""

from typing import Any

from django.utils.translation import gettext as _

from doors.amounts import roubles_shown
from loyalty.admin.gate.words import VERDICTS, actor_of, sentences
from loyalty.models import Payout
from loyalty.policy.gate import FOUR_EYES, IN_REVIEW, REQUESTED, Standing

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
    )


def held_by(payout: Payout) -> list[str]:
    """Why it waits or went no further, apart from the four-eyes limit."""
    said = sentences([each for each in payout.reasons if each["code"] != FOUR_EYES.code])
    if payout.status == REQUESTED and not said:
        said.append(_("It waits for the screen."))
    return said


def why(payout: Payout) -> list[str]:
    """Why it waits, or went no further; in short, as lists say it."""
    said = held_by(payout)
    if payout.status in UNDECIDED and standing_of(payout).needs_two:
        said.append(_("Two persons have to agree."))
    if payout.status in UNDECIDED and payout.proposed_verdict:
        said.append(proposal(payout))
    return said


def proposal(payout: Payout) -> str:
    """The first of two verdicts."""
    if payout.status == REQUESTED and payout.kind == "goodwill":
        return _("%(who)s has asked for it.") % {"who": payout.maker}
    return _("%(who)s proposes %(verdict)s.") % {
        "who": payout.maker,
        "verdict": VERDICTS[payout.proposed_verdict],
    }


def decided_by(payout: Payout) -> str:
    """Who has decided: one, or above the limit two."""
    if payout.decided_by is None:
        return "–"
    if payout.checker and payout.maker and payout.maker != payout.checker:
        return f"{payout.maker}, {payout.checker}"
    return str(actor_of(payout.decided_by))


def four_eyes_notice(payout: Payout, by: str) -> str:
    """What the four-eyes limit means for whoever looks at a payout that is not decided."""
    if payout.status not in UNDECIDED:
        return ""
    if not standing_of(payout).needs_two:
        if payout.maker == by:
            return _("You have asked for it: somebody else has to clear it.")
        return ""
    limit = roubles_shown(payout.four_eyes_above_minor)
    rule = _("Above %(limit)s nobody decides alone.") % {"limit": limit}
    if not payout.proposed_verdict:
        return f"{rule} " + _("The first verdict is a proposal, and somebody else confirms it.")
    if payout.maker == by:
        return f"{rule} " + _(
            "Your proposal is %(verdict)s: only somebody else can confirm it."
        ) % {"verdict": VERDICTS[payout.proposed_verdict]}
    return f"{rule} " + _(
        "%(who)s proposes %(verdict)s: the same verdict by you decides, "
        "another one takes the place of the proposal."
    ) % {"who": payout.maker, "verdict": VERDICTS[payout.proposed_verdict]}


def cause_in_words(payout: Payout) -> Any:
    """What a payout is for, where no page shows it."""
    if payout.cause_type == "person":
        return _("asked for by %(who)s") % {"who": payout.maker or "–"}
    cause = _(payout.cause_type) if payout.cause_type else ""
    return f"{cause} {payout.cause_id}".strip() or "–"
