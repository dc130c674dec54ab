"""Why a payout waits and who has decided, in sentences."""

from typing import Any

from django.utils.translation import gettext as _

from doors.amounts import roubles_shown
from loyalty.admin.gate.words import VERDICTS, actor_of, sentences
from loyalty.models import Instalment, Payout
from loyalty.policy.gate import IN_REVIEW, REQUESTED, Standing

UNDECIDED = (REQUESTED, IN_REVIEW)


def standing_of(payout: Payout) -> Standing:
    """What a verdict meets."""
    return Standing(
        payout.status,
        payout.value_minor,
        payout.four_eyes_above_minor,
        payout.maker,
        payout.proposed_verdict,
    )


def why(payout: Payout) -> list[str]:
    """Why it waits, or went no further."""
    said = sentences(payout.reasons)
    if payout.status == REQUESTED and not said:
        said.append(_("It waits for the screen."))
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


def paid_of(parts: list[Instalment], planned: int) -> str:
    """How many instalments are paid, of how many."""
    paid = sum(part.status == "paid" for part in parts)
    return _("%(paid)s of %(all)s") % {"paid": paid, "all": len(parts) or planned}


def cause_in_words(payout: Payout) -> Any:
    """What a payout is for, where no page shows it."""
    if payout.cause_type == "person":
        return _("asked for by %(who)s") % {"who": payout.maker or "–"}
    return f"{payout.cause_type} {payout.cause_id}".strip() or "–"
