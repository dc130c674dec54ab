"""The random sample: as large as its share, and the same ones at each look."""

from decimal import Decimal

import pytest

from fraud.policy.sampling import is_sampled


@pytest.mark.parametrize("share", ["0", "0.01", "0.1", "0.5", "1"])
def test_the_share_is_what_was_asked_for(share: str) -> None:
    drawn = sum(is_sampled("payout", str(n), Decimal(share)) for n in range(20_000))
    assert drawn / 20_000 == pytest.approx(float(share), abs=0.012)


def test_a_larger_share_draws_the_same_ones_and_more() -> None:
    few = {n for n in range(5_000) if is_sampled("payout", str(n), Decimal("0.01"))}
    many = {n for n in range(5_000) if is_sampled("payout", str(n), Decimal("0.05"))}
    assert few < many
    assert many != {n for n in range(5_000) if is_sampled("redemption", str(n), Decimal("0.05"))}
