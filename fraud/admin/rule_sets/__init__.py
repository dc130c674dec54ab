"""Rule sets in the admin: read, told apart, drafted, proposed, tried in shadow and approved."""

from fraud.admin.rule_sets.admin import RuleSetAdmin

__all__ = ["RuleSetAdmin"]
