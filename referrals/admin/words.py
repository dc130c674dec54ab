"""What statuses, reasons and gates of referrals are called, and in which colour."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import roubles_shown
from loyalty.admin.gate.words import Word
from referrals.policy.gates import ARPU_MISSED, EXPIRED, JOINED, LEFT, QUALIFIED, REFUSED, Gate
from referrals.queries.progress import Progress

STATUSES: Mapping[str, Word] = {
    JOINED: Word(_("joined"), "info"),
    QUALIFIED: Word(_("qualified"), "success"),
    EXPIRED: Word(_("expired"), "default"),
    REFUSED: Word(_("refused"), "danger"),
}

REASONS: Mapping[str, Any] = {
    LEFT: _("The invitee did not stay active through the window."),
    ARPU_MISSED: _("The invitee's charges in the window are less than the ARPU that is needed."),
}
REASONS_IN_SHORT: Mapping[str, Any] = {
    LEFT: _("the invitee left"),
    ARPU_MISSED: _("ARPU not reached"),
}


class GateShown(NamedTuple):
    """A gate in words, with a bar."""

    name: Any
    explanation: Any
    progress: str
    missing: str
    percent: int
    word: Word


MET, OPEN, MISSED = (
    Word(_("met"), "success"),
    Word(_("not yet"), "info"),
    Word(_("not met"), "danger"),
)


def gates_of(progress: Progress) -> list[GateShown]:
    """Both gates of a referral."""
    status = progress.referral.status
    stay, pay = progress.retention, progress.arpu
    return [
        GateShown(
            _("The invitee stays"),
            _("Full months active without a gap since the activation."),
            gettext("%(so_far)s of %(needed)s")
            % {"so_far": stay.so_far, "needed": _months(stay.needed)},
            _months(stay.missing) if stay.missing else "",
            _percent(stay),
            _word(stay, status),
        ),
        GateShown(
            _("The invitee pays per month"),
            _("Charges of the window, less their refunds, divided by its months."),
            (
                gettext("%(so_far)s, needed %(needed)s")
                if pay.met
                else gettext("%(so_far)s of %(needed)s")
            )
            % {"so_far": roubles_shown(pay.so_far), "needed": roubles_shown(pay.needed)},
            roubles_shown(pay.missing) if pay.missing else "",
            _percent(pay),
            _word(pay, status),
        ),
    ]


def reason_of(status: str, reason: str) -> Any:
    """Why a referral brought nothing, as a sentence."""
    return REASONS.get(reason, reason) if status != JOINED else ""


def _months(number: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", number) % {"n": number}


def _percent(gate: Gate) -> int:
    if gate.met or not gate.needed:
        return 100
    return max(0, min(100, 100 * gate.so_far // gate.needed))


def _word(gate: Gate, status: str) -> Word:
    if gate.met:
        return MET
    return OPEN if status == JOINED else MISSED
