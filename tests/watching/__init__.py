"""What is said, counted and probed while the program runs."""
