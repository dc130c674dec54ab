"""Questions to accounts; nothing here writes."""
