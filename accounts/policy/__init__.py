"""What may be said of a subscriber, and what follows from it. Pure."""
