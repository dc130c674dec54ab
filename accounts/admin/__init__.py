"""Subscribers in the admin, as far as accounts knows them."""

from accounts.admin.records import ErasureAdmin, PersonalAccessAdmin
from accounts.admin.subscribers import SubscriberAdmin

__all__ = ["ErasureAdmin", "PersonalAccessAdmin", "SubscriberAdmin"]
