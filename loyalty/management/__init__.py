"""Loyalty's commands."""
