"""Questions to fraud; nothing here writes."""
