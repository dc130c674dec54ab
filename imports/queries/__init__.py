"""Questions to imports; nothing here writes."""
