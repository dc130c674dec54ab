"""English as an operator in Moscow writes it."""
