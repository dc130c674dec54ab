"""What the demo's subscribers have to spend."""

from collections.abc import Iterable

from loyalty.models import Wallet


def available_points(external_ids: Iterable[str]) -> dict[str, int]:
    """Available points by subscriber; all of them spendable once what has lapsed was swept."""
    wallets = Wallet.objects.filter(subscriber__external_id__in=list(external_ids))
    return dict(wallets.values_list("subscriber__external_id", "available"))
