"""Terms, wallets, the ledger and what it records of charges, redemptions and payouts.

Keys of high-volume tables begin with the subscriber. Their foreign keys carry no constraint:
it would cost a lookup per row, and every row is written under the lock of the wallet that it
points to; `audit_ledger` checks them instead.
"""

from loyalty.models.benefits import GateChange, Instalment, Payout, Redemption
from loyalty.models.charges import Charge, Refund
from loyalty.models.closings import Audit, MonthClosing
from loyalty.models.ledger import Entry, ExpiryNotice, Lot, LotDraw, UnkeyedChain
from loyalty.models.terms import TERMS_STATUSES, TermsVersion
from loyalty.models.uses import DailyUse
from loyalty.models.wallets import SubscriberMonth, TierChange, Wallet

__all__ = [
    "TERMS_STATUSES",
    "Audit",
    "Charge",
    "DailyUse",
    "Entry",
    "ExpiryNotice",
    "GateChange",
    "Instalment",
    "Lot",
    "LotDraw",
    "MonthClosing",
    "Payout",
    "Redemption",
    "Refund",
    "SubscriberMonth",
    "TermsVersion",
    "TierChange",
    "UnkeyedChain",
    "Wallet",
]
