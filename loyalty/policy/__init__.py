"""What the program decides: plain values in, plans and refusals out. Pure."""
