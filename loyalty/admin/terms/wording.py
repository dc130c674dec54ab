"""What each term is called, what it means, and how its value is said."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from doors.amounts import points_shown, roubles_shown
from doors.translation import filled
from loyalty.policy.terms_changes import Term


class Wording(NamedTuple):
    """A term in words."""

    section: Any
    name: Any
    explanation: Any


EARNING, TIERS, CAPS = _("Earning"), _("Tiers"), _("Limits")
REDEEMING, SAFETY = _("Redemption"), _("Review and closing")
REFERRAL, RENEWAL = _("Referral bonus"), _("Renewal bonus")


def _rate(kind: Any) -> Wording:
    return Wording(
        EARNING,
        filled(gettext_noop("Earning rate: %(kind)s"), kind=kind),
        _("Points per rouble are multiplied by this for such charges; 0 earns nothing."),
    )


def _tier(name: Any) -> tuple[Wording, Wording]:
    return (
        Wording(
            TIERS,
            filled(gettext_noop("%(tier)s: paid at least"), tier=name),
            _("What must have been paid over the tier window to be in this tier."),
        ),
        Wording(
            TIERS,
            filled(gettext_noop("%(tier)s: multiplier"), tier=name),
            _("What a charge earns is multiplied by this in the tier."),
        ),
    )


_BRONZE, _SILVER, _GOLD = _tier(_("Bronze")), _tier(_("Silver")), _tier(_("Gold"))

WORDINGS: dict[str, Wording] = {
    "points_per_rouble": Wording(
        EARNING,
        _("Points per rouble"),
        _("What one rouble paid earns, before the rate of the charge and the tier's multiplier."),
    ),
    "point_value_minor": Wording(
        EARNING, _("Value of a point"), _("What one point is worth as credit on the bill.")
    ),
    "lot_life_months": Wording(
        EARNING,
        _("Life of points"),
        _("Points lapse at the start of the day after this many months from the charge."),
    ),
    "earning_rates.service": _rate(_("service")),
    "earning_rates.top_up": _rate(_("top-up")),
    "earning_rates.renewal": _rate(_("renewal")),
    "earning_rates.device": _rate(_("device")),
    "tiers.bronze.paid_min_minor": _BRONZE[0],
    "tiers.bronze.multiplier": _BRONZE[1],
    "tiers.silver.paid_min_minor": _SILVER[0],
    "tiers.silver.multiplier": _SILVER[1],
    "tiers.gold.paid_min_minor": _GOLD[0],
    "tiers.gold.multiplier": _GOLD[1],
    "tier_window_months": Wording(
        TIERS, _("Tier window"), _("How many full calendar months of payments decide the tier.")
    ),
    "tier_grace_months": Wording(
        TIERS,
        _("Grace before a downgrade"),
        _("A downgrade is announced and takes effect only after this long, one step at a time."),
    ),
    "caps.benefit_month_minor": Wording(
        CAPS,
        _("Benefits per month"),
        _("Most that a subscriber is given in a month; what exceeds it waits for review."),
    ),
    "caps.benefit_year_minor": Wording(
        CAPS, _("Benefits per year"), _("Most that a subscriber is given in a calendar year.")
    ),
    "caps.benefit_life_minor": Wording(
        CAPS, _("Benefits in all"), _("Most that a subscriber is ever given.")
    ),
    "caps.redemption_month_minor": Wording(
        CAPS, _("Redemption per month"), _("Most that a subscriber redeems in a month.")
    ),
    "caps.redemption_year_minor": Wording(
        CAPS, _("Redemption per year"), _("Most that a subscriber redeems in a calendar year.")
    ),
    "redemption.points_min": Wording(
        REDEEMING, _("Smallest redemption"), _("A redemption of fewer points is refused.")
    ),
    "redemption.reservation_hours": Wording(
        REDEEMING,
        _("Life of a reservation"),
        _("Reserved points go back unless billing settles them within this time."),
    ),
    "redemption.identity_needed_above_minor": Wording(
        REDEEMING,
        _("Identity needed above"),
        _("Whatever brings the benefits taken above this needs a verified identity."),
    ),
    "closed_wallet_days": Wording(
        SAFETY,
        _("Points of a closed subscriber stay"),
        _("What is left after this long from closing is revoked."),
    ),
    "four_eyes_above_minor": Wording(
        SAFETY, _("Four eyes above"), _("Nobody decides alone on a payout above this sum.")
    ),
    "referral.bonus_minor": Wording(
        REFERRAL, _("Bonus"), _("What an inviter gets for one invitee who stays and pays.")
    ),
    "referral.invitee_bonus_minor": Wording(
        REFERRAL, _("Bonus of the invitee"), _("What the invitee gets besides; 0 is nothing.")
    ),
    "referral.stay_months_min": Wording(
        REFERRAL, _("Invitee stays"), _("How long the invitee must be active without a gap.")
    ),
    "referral.arpu_min_minor": Wording(
        REFERRAL, _("Invitee pays per month"), _("Least average revenue of the invitee over it.")
    ),
    "referral.instalments": Wording(
        REFERRAL, _("Instalments"), _("In how many monthly parts the bonus is paid.")
    ),
    "referral.join_days_max": Wording(
        REFERRAL,
        _("Join after activation"),
        _("How long after activation an invitee may still name the inviter."),
    ),
    "referral.number_rest_days": Wording(
        REFERRAL,
        _("A number rests for"),
        _(
            "An invitee whose phone number another line had within this time before the activation"
            " was a subscriber before and can't be invited. A number that was given up earlier is"
            " nobody's."
        ),
    ),
    "referral.per_month_max": Wording(
        REFERRAL, _("Referrals per month"), _("Most referrals that one inviter makes in a month.")
    ),
    "referral.per_year_max": Wording(
        REFERRAL, _("Referrals per year"), _("Most referrals per inviter that are paid in a year.")
    ),
    "referral.per_life_max": Wording(
        REFERRAL, _("Referrals in all"), _("Most referrals that one inviter is ever paid for.")
    ),
    "referral.value_month_minor": Wording(
        REFERRAL, _("Bonuses per month"), _("Most referral bonuses per inviter in a month.")
    ),
    "referral.value_year_minor": Wording(
        REFERRAL, _("Bonuses per year"), _("Most referral bonuses per inviter in a year.")
    ),
    "referral.value_life_minor": Wording(
        REFERRAL, _("Bonuses in all"), _("Most referral bonuses that one inviter ever gets.")
    ),
    "referral.clawback_months": Wording(
        REFERRAL,
        _("Clawback window"),
        _("How long after payment a refund or departure of the invitee takes the bonus back."),
    ),
    "renewal.contract_months_min": Wording(
        RENEWAL, _("Shortest contract"), _("How long a contract must be to bring the bonus.")
    ),
    "renewal.bonus_minor": Wording(
        RENEWAL, _("Bonus"), _("What signing such a contract again brings in all.")
    ),
    "renewal.instalments": Wording(
        RENEWAL, _("Instalments"), _("In how many monthly parts it is paid while it stands.")
    ),
}


def wording_of(path: str) -> Wording:
    """The words for a term; one that nobody has worded yet is called by its path."""
    plain = path.replace("_minor", "").replace("_", " ").replace(".", ", ")
    return WORDINGS.get(path) or Wording(_("Other terms"), plain, "")


def unit_of(path: str) -> str:
    """What a term is measured in: the end of its name says it."""
    name = path.rpartition(".")[2]
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return unit
    if path.startswith("earning_rates."):
        return "factor"
    return "count"


_UNITS = {
    "_minor": "roubles",
    "months": "months",
    "months_min": "months",
    "_days": "days",
    "_days_max": "days",
    "_hours": "hours",
    "points_min": "points",
    "per_rouble": "points",
    "multiplier": "factor",
}


def said(path: str, value: Term) -> str:
    """A term's value in words and units."""
    unit = unit_of(path)
    if unit == "roubles":
        return roubles_shown(int(value))
    if isinstance(value, Decimal):
        number = number_format(f"{value.normalize():f}")
        return f"× {number}" if unit == "factor" else _counted(unit, number, value)
    return _counted(unit, points_shown(value), value)


def _counted(unit: str, number: str, value: Term) -> str:
    # Plural forms go by whole numbers; a part of a point is said like several.
    count = int(value) if value == int(value) else 2
    if unit == "months":
        return ngettext("%(n)s month", "%(n)s months", count) % {"n": number}
    if unit == "days":
        return ngettext("%(n)s day", "%(n)s days", count) % {"n": number}
    if unit == "hours":
        return ngettext("%(n)s hour", "%(n)s hours", count) % {"n": number}
    if unit == "points":
        return ngettext("%(n)s point", "%(n)s points", count) % {"n": number}
    return number
