"""Lanes: what concerns one subscriber is sent in one lane, and a lane is sent in order."""

# A message that its receiver can't take holds up one lane, a thirty-second of the subscribers.
LANES = 32
