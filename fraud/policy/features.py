"""What anomaly models read of a subscriber's activity and redemptions: names, units, meanings.

A feature that can't be measured is missing (None) and never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Row = tuple[float | None, ...]

# The window of what is counted lately, and what counting and measuring stop at.
WINDOW_DAYS = 180
DAYS_MAX = 1095
MINUTES_MAX = 60 * 24 * 365
OTHERS_MAX = 50


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of what models read.

    Attributes:
        is_skewed: spread over several magnitudes, so that its logarithm is what is compared.
        groups: look-alikes are told by it.
    """

    name: str
    unit: str
    title: str
    is_skewed: bool = False
    groups: bool = False


FEATURES: tuple[Feature, ...] = (
    Feature("days_active", "days", "Since the activation, to three years", groups=True),
    Feature("charges_per_month", "charges", "Charges per 30 days of the last 180", True, True),
    Feature("spend_per_month", "roubles", "Charged per 30 days of the last 180", True, True),
    Feature("mean_charge", "roubles", "Mean charge", True, True),
    Feature("charge_variation", "share", "Deviation of charges from their mean", groups=True),
    Feature("top_up_share", "share", "Share of top-ups in what was charged", groups=True),
    Feature("refund_share", "share", "Share of what was charged that was refunded"),
    Feature("chargeback_share", "share", "Share of what was charged that was charged back"),
    Feature("days_since_charge", "days", "Since the last charge, to 180"),
    Feature("redemptions", "redemptions", "Redemptions of the last 180 days", True, True),
    Feature("redeemed_share", "share", "Share of the points issued that was redeemed", groups=True),
    Feature("bonus_share", "share", "Share of the points issued that were bonuses", groups=True),
    Feature(
        "minutes_to_first_redemption",
        "minutes",
        "From the activation to the first redemption, to a year",
        True,
        True,
    ),
    Feature("others_on_device", "accounts", "Others on the same device, to 50", True),
    Feature("others_on_ip", "accounts", "Others behind the same address, a carrier's aside", True),
    Feature("devices", "devices", "Devices", True),
    Feature("ips", "addresses", "IP addresses", True),
    Feature("cards", "cards", "Payment cards", True),
    Feature("invited_per_month", "referrals", "Invited in the last 30 days", True),
    Feature("invited_per_half_year", "referrals", "Invited in the last 180 days", True),
    Feature("invitees_left_share", "share", "Share of the invited of 180 days who left"),
    Feature("was_invited", "yes or no", "Joined by an invitation", groups=True),
)
BY_NAME: Mapping[str, Feature] = {feature.name: feature for feature in FEATURES}
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
