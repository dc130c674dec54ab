"""Conditions of requests on the state of what they name (RFC 9110, section 13)."""

from collections.abc import Collection
from typing import NamedTuple


class Tags(NamedTuple):
    """The tags that a condition lists: strong and weak ones, or any (`*`)."""

    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    is_any: bool = False

    def name(self, current: Collection[str]) -> bool:
        """Whether one of them is a current tag; a weak one never is."""
        return bool(current) if self.is_any else not self.strong.isdisjoint(current)

    def name_weakly(self, current: Collection[str]) -> bool:
        """Whether one of them is a current tag, weak ones among them."""
        return self.name(current) or not self.weak.isdisjoint(current)


class Condition(NamedTuple):
    """Which state a request wants to meet.

    Attributes:
        match: If-Match: the state must be one of these.
        none_match: If-None-Match: it must be none of these.
    """

    match: Tags | None = None
    none_match: Tags | None = None

    def is_met(self, current: Collection[str]) -> bool:
        """Whether a write may go on.

        Args:
            current: the tags of the current state, one for each form in which it is answered;
                none if there is no such thing.
        """
        if self.match is not None and not self.match.name(current):
            return False
        return self.none_match is None or not self.none_match.name_weakly(current)


UNCONDITIONAL = Condition()
