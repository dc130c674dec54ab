"""Questions of the demo; nothing here writes."""
