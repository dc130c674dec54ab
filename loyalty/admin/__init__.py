"""Wallets, terms, redemptions and payouts in the admin: people read here, and verbs write."""

from loyalty.admin import payouts, redemptions, subscribers, terms

__all__ = ["payouts", "redemptions", "subscribers", "terms"]
