"""The commands of imports, one per file."""
