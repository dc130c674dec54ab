"""What fraud announces."""

CASE_OPENED = "case.opened"
CASE_ESCALATED = "case.escalated"
CASE_CLOSED = "case.closed"
RULE_SET_APPROVED = "rule_set.approved"
STANDING_CHANGED = "subscriber.standing_changed"
TRIAL_REQUESTED = "trial.requested"
TRIAL_FINISHED = "trial.finished"
