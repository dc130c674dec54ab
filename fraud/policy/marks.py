"""Marks that are looked at again: whether what they stood on has become less."""

from fraud.policy.facts import Facts
from fraud.policy.standings import STANDINGS

CLEARED = "What it stood on counts no more: the screen finds nothing."


def is_less(before: Facts, after: Facts) -> bool:
    """Whether identifiers, or the subscriber's standing, say less of a subject than they did.

    A refusal that stands on money or on haste alone is not looked at again: nothing of it ends.
    """
    if set(before.matches) - set(after.matches):
        return True
    if STANDINGS.index(after.standing) < STANDINGS.index(before.standing):
        return True
    pairs = (
        (before.accounts_on_device, after.accounts_on_device),
        (before.accounts_on_ip, after.accounts_on_ip),
        (before.others_at_device_and_address, after.others_at_device_and_address),
        (_linked(before), _linked(after)),
    )
    return any((old or 0) > (new or 0) for old, new in pairs)


def _linked(facts: Facts) -> int:
    return facts.group.accounts if facts.group is not None else 0
