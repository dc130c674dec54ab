"""Charges, wallets, redemptions, payouts and the program over REST."""
