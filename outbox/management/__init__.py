"""The relay by hand."""
