"""Questions to the outbox; nothing here writes."""
