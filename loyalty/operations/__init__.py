"""The verbs of loyalty: nothing else writes its tables."""
