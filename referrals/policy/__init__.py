"""Decisions about referrals: codes, joining, the two gates, what takes a bonus back."""
