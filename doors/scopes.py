"""What a client may be allowed to do: one scope per resource and direction."""

SCOPES: dict[str, str] = {
    "subscribers:read": "Read subscribers.",
    "subscribers:write": "Register and change subscribers.",
    "personal:read": "Read names, contacts and birth dates of subscribers; each look is kept.",
    "wallets:read": "Read wallets, entries and tiers.",
    "charges:write": "Post charges, singly and in batches.",
    "refunds:write": "Post refunds and chargebacks, and reverse them.",
    "imports:read": "Read the progress and the errors of imports.",
    "imports:write": "Upload files of subscribers, charges or usage.",
    "redemptions:read": "Read redemptions.",
    "redemptions:write": "Reserve, settle, release and reverse redemptions.",
    "program:read": "Read the program's terms and preview what they would do.",
    "referrals:read": "Read referrals and referral codes.",
    "referrals:write": "Report referrals.",
    "payouts:read": "Read payouts.",
    "cases:read": "Read fraud cases.",
    "cases:write": "Claim, snooze, escalate and decide fraud cases.",
    "cases:senior": "Decide escalated fraud cases too.",
    "reports:read": "Read reports.",
    "webhooks:read": "Read webhooks and what was sent to them.",
    "webhooks:write": "Register, change, test, replay and remove webhooks.",
}
