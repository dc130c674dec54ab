"""Linked groups, and invitations that close into a circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.policy.groups import Invitation, Link, Merged, group_of, has_cycle

ACCOUNTS = st.integers(0, 8)
INVITATIONS = st.lists(st.builds(Invitation, ACCOUNTS, ACCOUNTS), max_size=12)


@pytest.mark.parametrize(
    ("links", "invitations", "closes"),
    [
        ([], [], False),
        ([], [(1, 2), (2, 3)], False),
        ([], [(1, 2), (2, 3), (3, 1)], True),
        # One invited twice by different ways is no circle.
        ([], [(1, 2), (1, 3), (2, 4), (3, 4)], False),
        # The last one has the first one's passport: the same person was invited at last.
        ([(1, 3, "passport")], [(1, 2), (2, 3)], True),
        ([(1, 3, "card")], [(1, 2), (2, 3)], True),
        ([(1, 3, "device")], [(1, 2), (2, 3)], False),
        # Inviting oneself is a self-referral, which has a rule of its own.
        ([(1, 2, "passport")], [(1, 2)], False),
        ([], [(1, 1)], False),
    ],
)
def test_circles(
    links: list[tuple[int, int, str]], invitations: list[tuple[int, int]], closes: bool
) -> None:
    found = has_cycle([Link(*link) for link in links], [Invitation(*each) for each in invitations])
    assert found is closes


@given(INVITATIONS)
def test_a_circle_is_found_exactly_where_one_can_come_back(invitations: list[Invitation]) -> None:
    invited: dict[int, set[int]] = {}
    for one, other in invitations:
        if one != other:
            invited.setdefault(one, set()).add(other)

    def reached(start: int) -> set[int]:
        seen: set[int] = set()
        ahead = list(invited.get(start, ()))
        while ahead:
            account = ahead.pop()
            if account not in seen:
                seen.add(account)
                ahead += invited.get(account, ())
        return seen

    assert has_cycle([], invitations) is any(start in reached(start) for start in range(9))


def test_a_long_chain_is_followed_without_recursion() -> None:
    chain = [Invitation(n, n + 1) for n in range(20_000)]
    assert not has_cycle([], chain)
    assert has_cycle([], [*chain, Invitation(20_000, 0)])


def test_a_group_counts_accounts_and_pairs_once() -> None:
    links = [Link(1, 2, "device"), Link(2, 1, "address"), Link(2, 3, "card")]
    group = group_of(1, links, [Invitation(1, 2), Invitation(1, 4)])
    assert (group.accounts, group.links, group.has_cycle) == (4, 3, False)
    assert group_of(1, [], []).accounts == 1


@given(st.lists(st.tuples(ACCOUNTS, ACCOUNTS), max_size=12))
def test_what_is_merged_is_one(pairs: list[tuple[int, int]]) -> None:
    merged: Merged[int] = Merged()
    for one, other in pairs:
        merged.merge(one, other)
    assert all(merged(one) == merged(other) for one, other in pairs)
