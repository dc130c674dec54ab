"""Subscribers over REST."""
