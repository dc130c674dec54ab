"""Fraud in the admin: the queue of cases, and what verdicts leave behind."""

from fraud.admin import assessments, blocks, rule_sets, standings, trials
from fraud.admin.cases import admin as cases

__all__ = ["assessments", "blocks", "cases", "rule_sets", "standings", "trials"]
