"""Exporting and erasing, on the page of a subscriber."""
