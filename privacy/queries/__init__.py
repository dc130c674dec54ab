"""Questions of privacy to every table; nothing here writes."""
