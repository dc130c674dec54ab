"""Uses of identifiers: from when a subscriber has one until it is given up."""

from datetime import datetime

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal

# These pass from hand to hand, and a closed line has them no longer. A passport, a card and an
# e-mail address name a person, who keeps them.
PASSING_KINDS = ("phone", "device", "ip", "address")


class IdentifierEndsInTheFuture(Refusal):
    code = "identifier_ends_in_the_future"
    title = "An identifier is reported as given up when it has been, and not before."


def refusal_for_ends(ends: list[datetime], now: datetime) -> Refusal | None:
    """Why these moments can't be those at which identifiers were given up, or None."""
    return IdentifierEndsInTheFuture() if any(end > now + CLOCK_SKEW for end in ends) else None
