"""Payouts in the admin: their list, their pages, the verdicts, and credits that people give."""

from loyalty.admin.payouts.admin import PayoutAdmin

__all__ = ["PayoutAdmin"]
