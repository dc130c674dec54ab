"""Decisions about fraud: signals, rules, scores, bands."""
