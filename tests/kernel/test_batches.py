"""Pages keep the order and lose nothing."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.batches import pages_of


@given(items=st.lists(st.integers()), size=st.integers(1, 7))
def test_pages_hold_everything_in_order(items: list[int], size: int) -> None:
    pages = list(pages_of(iter(items), size))
    assert [item for page in pages for item in page] == items
    assert all(len(page) == size for page in pages[:-1])
    assert all(0 < len(page) <= size for page in pages)
