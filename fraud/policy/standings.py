"""What is thought of a subscriber."""

# "watched": something of theirs is blocked or somebody else's; "blocked": confirmed fraud.
NORMAL, WATCHED, BLOCKED = "normal", "watched", "blocked"
STANDINGS = (NORMAL, WATCHED, BLOCKED)
