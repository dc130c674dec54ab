"""What rows, lines and headers are: no Django, no clock, no database."""
