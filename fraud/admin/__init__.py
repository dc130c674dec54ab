"""Fraud in the admin: the queue of cases, and what verdicts leave behind."""

from fraud.admin import assessments, blocks, standings, trials
from fraud.admin.cases import admin as cases

__all__ = ["assessments", "blocks", "cases", "standings", "trials"]
