"""Fraud in the admin: the queue of cases, and what verdicts leave behind."""

from fraud.admin import assessments, blocks, meaningless, rule_sets, standings, trials
from fraud.admin.cases import admin as cases

__all__ = ["assessments", "blocks", "cases", "meaningless", "rule_sets", "standings", "trials"]
