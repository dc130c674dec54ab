"""Questions about the news."""
