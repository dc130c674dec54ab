"""How sure a share is: Wilson's interval."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

# Two-sided, 95 %.
Z_95 = NormalDist().inv_cdf(0.975)
# A threshold that keeps a share's upper bound beneath a limit here keeps it there on another
# sample of the same size too, in 19 of 20: the difference of two shares deviates by √2 of one's.
Z_UNSEEN = Z_95 + sqrt(2) * NormalDist().inv_cdf(0.95)


class Share(NamedTuple):
    """So many of so many, and between which bounds the true share lies."""

    part: int
    of: int
    lower: float
    upper: float

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.part / self.of if self.of else 0.0


def share_of(part: int, of: int, z: float = Z_95) -> Share:
    """A share with its interval, which of nothing is everything from 0 to 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    if not of:
        return Share(0, 0, 0.0, 1.0)
    share, spread = part / of, z * z / of
    middle = share + spread / 2
    reach = z * sqrt(share * (1 - share) / of + spread / (4 * of))
    return Share(
        part,
        of,
        (middle - reach) / (1 + spread) if part else 0.0,
        (middle + reach) / (1 + spread) if part < of else 1.0,
    )
