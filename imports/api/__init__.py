"""Imports over REST."""
