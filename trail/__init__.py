"""The trail of changes: which tables keep it, and who acts and why. What reads it is `audit`."""
