"""Referrals in the admin: read, with how far they are and what they brought."""

from loyalty.admin.causes import CAUSE_PAGES, CausePage
from referrals.admin import members, referrals

CAUSE_PAGES["referral"] = CausePage("admin:referrals_referral_called", "referrals.view_referral")

__all__ = ["members", "referrals"]
