"""Imports in the admin."""

from imports.admin.imports import ImportAdmin

__all__ = ["ImportAdmin"]
