"""Signals, rules, scores and cases: no benefit is let out without them."""
