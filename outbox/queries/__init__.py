"""Questions about news and webhooks."""
