"""News: written with the fact, in the caller's transaction, and delivered after commit."""
