"""Referrals, as managers and analysts see them."""
