"""Groups of accounts that are linked, and whether their invitations close into a circle."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from fraud.policy.facts import Group

Key = TypeVar("Key", bound=Hashable)

# Kinds that tie two accounts together; a shared IP address or e-mail domain says too little.
LINKING_KINDS = ("passport", "card", "phone", "device", "email", "mailbox", "address")
# Kinds that make two accounts one person.
SAME_PERSON_KINDS = frozenset({"passport", "card"})


class Link(NamedTuple):
    """Two accounts that were seen with the same identifier of a kind."""

    one: int
    other: int
    kind: str


class Invitation(NamedTuple):
    """That one account invited another."""

    inviter: int
    invitee: int


def group_of(focus: int, links: Sequence[Link], invitations: Sequence[Invitation]) -> Group:
    """The group around an account, as far as its links are known."""
    ends = {(one, other) for one, other, _ in links} | set(invitations)
    pairs = {(one, other) if one < other else (other, one) for one, other in ends if one != other}
    accounts = {focus}.union(*ends)
    return Group(len(accounts), len(pairs), has_cycle(links, invitations))


def has_cycle(links: Iterable[Link], invitations: Iterable[Invitation]) -> bool:
    """Whether invitations lead back to the person where they began, through at least another.

    Accounts with the same passport or card are one person. Whoever invites themselves is no
    circle but a self-referral, which has a rule of its own.
    """
    person = _persons(links)
    invited: dict[int, set[int]] = {}
    for inviter, invitee in invitations:
        one, other = person(inviter), person(invitee)
        if one != other:
            invited.setdefault(one, set()).add(other)
    # A circle leads through somebody who was invited and invites: most groups have nobody.
    if not any(other in invited for others in invited.values() for other in others):
        return False
    done: set[int] = set()
    return any(_leads_back(start, invited, done) for start in invited)


class Merged(Generic[Key]):
    """Things that are merged into one where they are linked (a union-find with halved paths)."""

    def __init__(self) -> None:
        self._above: dict[Key, Key] = {}

    def __call__(self, key: Key) -> Key:
        above = self._above
        while above.get(key, key) != key:
            above[key] = above.get(above[key], above[key])
            key = above[key]
        return key

    def merge(self, one: Key, other: Key) -> None:
        """Make two things, and all that is linked to either, one."""
        self._above[self(one)] = self(other)


def _persons(links: Iterable[Link]) -> Merged[int]:
    persons: Merged[int] = Merged()
    for one, other, kind in links:
        if kind in SAME_PERSON_KINDS:
            persons.merge(one, other)
    return persons


def _leads_back(start: int, invited: dict[int, set[int]], done: set[int]) -> bool:
    """Depth first, with the path at hand: a step onto the path closes a circle."""
    path: list[tuple[int, list[int]]] = [(start, sorted(invited.get(start, ())))]
    on_path = {start}
    while path:
        node, rest = path[-1]
        if not rest:
            path.pop()
            on_path.discard(node)
            done.add(node)
            continue
        step = rest.pop()
        if step in on_path:
            return True
        if step not in done:
            path.append((step, sorted(invited.get(step, ()))))
            on_path.add(step)
    return False
