"""The verbs of privacy."""
