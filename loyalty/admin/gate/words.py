"""What statuses, kinds and steps of benefits are called, and in which colour."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.translation import translated
from loyalty.models import Instalment
from loyalty.policy.gate import CLOCK, SCREEN, SUBSCRIBER


class Word(NamedTuple):
    """A status as people read it."""

    text: Any
    colour: str


PAYOUT_STATUSES: Mapping[str, Word] = {
    "requested": Word(_("requested"), "primary"),
    "in_review": Word(_("in review"), "warning"),
    "cleared": Word(_("cleared"), "info"),
    "frozen": Word(_("frozen"), "warning"),
    "paid": Word(_("paid"), "success"),
    "refused": Word(_("refused"), "danger"),
    "cancelled": Word(_("cancelled"), "default"),
    "clawed_back": Word(_("clawed back"), "danger"),
}

REDEMPTION_STATUSES: Mapping[str, Word] = {
    # Before it was screened; nothing of that status is kept.
    "requested": Word(_("requested"), "primary"),
    "in_review": Word(_("in review"), "warning"),
    "reserved": Word(_("reserved"), "info"),
    "settled": Word(_("settled"), "success"),
    "released": Word(_("released"), "default"),
    "lapsed": Word(_("lapsed"), "default"),
    "declined": Word(_("declined"), "danger"),
    "reversed": Word(_("reversed"), "danger"),
}

INSTALMENT_STATUSES: Mapping[str, Word] = {
    "due": Word(_("due"), "info"),
    "paid": Word(_("paid"), "success"),
    "cancelled": Word(_("cancelled"), "default"),
    "clawed_back": Word(_("clawed back"), "danger"),
}

PAYOUT_KINDS: Mapping[str, Any] = {
    "cap_excess": _("excess over a cap"),
    "referral_bonus": _("referral bonus"),
    "invitee_bonus": _("bonus of an invitee"),
    "goodwill": _("goodwill credit"),
}

VERDICTS: Mapping[str, Any] = {"clear": _("to clear it"), "refuse": _("to refuse it")}

STEPS_TAKEN: Mapping[str, Any] = {
    "request": _("Asked for"),
    "propose_clear": _("Proposed to clear"),
    "propose_refuse": _("Proposed to refuse"),
    "clear": _("Cleared"),
    "hold": _("Held for review"),
    "refuse": _("Refused"),
    "reopen": _("Reopened"),
    "freeze": _("Frozen"),
    "unfreeze": _("Unfrozen"),
    "pay": _("Paid in full"),
    "cancel": _("Cancelled"),
    "claw_back": _("Clawed back"),
    "reinstate": _("Reinstated"),
    "decline": _("Declined"),
    "release": _("Taken back"),
}

ACTORS: Mapping[str, Any] = {
    SCREEN: _("the screen"),
    CLOCK: _("the clock"),
    SUBSCRIBER: _("the subscriber"),
}


def colours_of(words: Mapping[str, Word]) -> dict[str, str]:
    """Colours by status, as columns take them."""
    return {status: word.colour for status, word in words.items()}


def label_of(words: Mapping[str, Word], status: str) -> tuple[str, Any]:
    """A status with its word, as a coloured column takes it."""
    return status, words[status].text


def word_of(words: Mapping[str, Word], status: str) -> Word:
    """A status in words; one that nobody has worded is shown as it is kept."""
    return words.get(status) or Word(gettext(status.replace("_", " ")), "default")


def actor_of(name: str | None) -> Any:
    """Who acted: a person by name, or what acts where no person does."""
    return ACTORS.get(name, name) if name else ""


def paid_of(parts: Iterable[Instalment], planned: int) -> str:
    """How many instalments are paid, of how many."""
    statuses = [part.status for part in parts]
    return gettext("%(paid)s of %(all)s") % {
        "paid": statuses.count("paid"),
        "all": len(statuses) or planned,
    }


def sentences(reasons: Sequence[Any]) -> list[str]:
    """Reasons as the sentences that were kept with them, each once, in the reader's language."""
    said = (str(reason.get("detail") or reason.get("code", "")) for reason in reasons)
    return [translated(each) for each in dict.fromkeys(said)]
