"""Terms, wallets, the ledger, caps, expiry, tiers, redemptions and payouts."""
