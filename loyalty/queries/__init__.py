"""Questions to loyalty; nothing here writes."""
