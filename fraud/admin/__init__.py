"""Fraud in the admin: figures of a period, and what models find unusual."""
