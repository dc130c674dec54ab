"""Exporting and erasing, on the page of a subscriber."""

from privacy.admin.subscribers import PersonAdmin

__all__ = ["PersonAdmin"]
