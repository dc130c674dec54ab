"""The verbs: the only writers."""
