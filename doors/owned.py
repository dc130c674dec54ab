"""Kinds of resources that belong to the client that made them.

All else is the program's: subscribers, wallets, charges, refunds, referrals, payouts and cases are
facts about a subscriber, and a scope opens them whoever reported them (docs/security.md).
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class OwnedKind(StrEnum):
    """What a client makes for itself."""

    WEBHOOKS = "webhooks"
    IMPORTS = "imports"
    REDEMPTIONS = "redemptions"


OWNED_KINDS = tuple(kind.value for kind in OwnedKind)

KIND_NAMES: Mapping[str, object] = {
    OwnedKind.WEBHOOKS: _("Webhooks, and what was sent to them"),
    OwnedKind.IMPORTS: _("Imports and their errors"),
    OwnedKind.REDEMPTIONS: _("Redemptions: to read, settle, release and reverse"),
}
