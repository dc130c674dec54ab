"""What referrals announce."""

JOINED = "referral.joined"
QUALIFIED = "referral.qualified"
EXPIRED = "referral.expired"
REFUSED = "referral.refused"
