"""Who takes part in the program."""

from collections.abc import Collection, Iterable


def enrolled_among(subscriber_ids: Iterable[int]) -> Collection[int]:
    """Those of these subscribers that earn: all, until a pilot or a holdout says otherwise."""
    return frozenset(subscriber_ids)
