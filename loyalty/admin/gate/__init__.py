"""What the pages of payouts and redemptions share: words, steps with a reason, and histories."""
