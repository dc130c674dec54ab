"""Trials in the admin: backtests, calibrations and fits of weights, asked for and read."""

from fraud.admin.trials.admin import TrialAdmin

__all__ = ["TrialAdmin"]
