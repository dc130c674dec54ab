"""The line of time in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import roubles_shown
from fraud.admin.words import KINDS, QUEUES_IN_SHORT, STANDINGS, VERDICTS
from fraud.queries.timeline import Moment
from loyalty.admin.causes import cause_address
from loyalty.admin.gate.words import (
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    REDEMPTION_STATUSES,
    actor_of,
    word_of,
)


class Line(NamedTuple):
    """What happened: a group that the filter above the list knows, a sentence, an amount."""

    at: datetime
    group: str
    title: Any
    detail: Any
    amount: str
    who: str
    address: str


# What a moment of these says is one of our own words.
_IN_WORDS = ("charge", "refund", "chargeback", "status")
GROUPS: Mapping[str, Any] = {
    "money": _("Charges and refunds"),
    "benefit": _("Payouts and redemptions"),
    "referral": _("Referrals"),
    "identity": _("Identifiers and status"),
    "case": _("Cases and standings"),
}

_TITLES: Mapping[str, tuple[str, Any]] = {
    "charge": ("money", _("Charge")),
    "refund": ("money", _("Refund")),
    "chargeback": ("money", _("Chargeback")),
    "redemption": ("benefit", _("Redemption")),
    "payout": ("benefit", _("Payout requested")),
    "invited": ("referral", _("Invited somebody")),
    "joined": ("referral", _("Joined by invitation")),
    "seen": ("identity", _("First seen with")),
    "status": ("identity", _("Status")),
    "standing": ("case", _("Standing set")),
    "case_opened": ("case", _("Case opened")),
    "case_closed": ("case", _("Case decided")),
}


def lines_of(
    request: HttpRequest,
    moments: Sequence[Moment],
    names: Mapping[int, str],
    hints: Mapping[str, str],
) -> list[Line]:
    """The moments in words.

    Args:
        names: of the subscribers by id; said only if there are several.
        hints: of identifiers that may be shown, by id.
    """
    return [
        Line(
            moment.at,
            *_TITLES[moment.what],
            _detail(moment, hints),
            _amount(moment),
            names[moment.subscriber_id] if len(names) > 1 else "",
            _address(request, moment),
        )
        for moment in moments
    ]


def _detail(moment: Moment, hints: Mapping[str, str]) -> Any:
    word = moment.word
    if moment.what == "payout":
        kind, _colon, status = word.partition(":")
        return f"{PAYOUT_KINDS.get(kind, kind)}, {word_of(PAYOUT_STATUSES, status).text}"
    if moment.what == "redemption":
        return word_of(REDEMPTION_STATUSES, word).text
    if moment.what == "seen":
        return f"{KINDS.get(word, word)} {hints.get(moment.id, '…')}"
    if moment.what == "standing":
        return f"{STANDINGS[word].text} ({actor_of(moment.id)})"
    if moment.what == "case_opened":
        return QUEUES_IN_SHORT.get(word, word)
    if moment.what == "case_closed":
        return VERDICTS[word].text
    return gettext(word.replace("_", " ")) if word and moment.what in _IN_WORDS else word


def _amount(moment: Moment) -> str:
    if not moment.amount_minor:
        return ""
    sign = -1 if moment.what in ("refund", "chargeback") else 1
    return roubles_shown(sign * moment.amount_minor)


def _address(request: HttpRequest, moment: Moment) -> str:
    if moment.what == "payout" and request.user.has_perm("loyalty.view_payout"):
        return reverse("admin:loyalty_payout_change", args=[moment.id])
    if moment.what in ("case_opened", "case_closed"):
        return reverse("admin:fraud_case_change", args=[moment.id])
    if moment.what in ("invited", "joined"):
        return cause_address(request, "referral", moment.id)
    return ""
