"""Questions about referrals."""
