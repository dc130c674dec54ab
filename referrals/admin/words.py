"""What statuses, reasons and gates of referrals are called, and in which colour."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from doors.amounts import points_shown, roubles_shown
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
    so_far: str
    needed: str
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
    return [
        _shown(
            progress.retention,
            status,
            _("The invitee stays"),
            _("Full months active without a gap since the activation."),
            points_shown,
        ),
        _shown(
            progress.arpu,
            status,
            _("The invitee pays per month"),
            _("Charges that occurred in the window, less their refunds, by its months."),
            roubles_shown,
        ),
    ]


def reason_of(status: str, reason: str) -> Any:
    """Why a referral brought nothing, as a sentence."""
    return REASONS.get(reason, reason) if status != JOINED else ""


def _shown(gate: Gate, status: str, name: Any, explanation: Any, said: Any) -> GateShown:
    word = MET if gate.met else OPEN if status == JOINED else MISSED
    percent = 100 if gate.met or not gate.needed else min(100, 100 * gate.so_far // gate.needed)
    return GateShown(
        name,
        explanation,
        said(gate.so_far),
        said(gate.needed),
        said(gate.missing) if gate.missing else "",
        max(0, percent),
        word,
    )
