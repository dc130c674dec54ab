"""Formats of moments and numbers that differ from a language's own."""
