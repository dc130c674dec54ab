"""A population of subscribers of the usual kind, with a few among them who are not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from accounts.models import Subscriber
from accounts.operations import put_subscribers
from loyalty.operations.post_charges import post_charges
from loyalty.operations.post_refunds import post_refunds
from tests.factories import charge, digest, item, refund

DAY = timedelta(days=1)


def usual_people(number: int, *, at: datetime, seed: int = 1, prefix: str = "usual") -> list[str]:
    """Subscribers of a year or more with a bill a month and a device of their own."""
    draw = Random(seed)  # noqa: S311 (a test's dice)
    names = [f"{prefix}-{n}" for n in range(number)]
    since = {name: at - draw.uniform(200, 900) * DAY for name in names}
    put_subscribers(
        subscribers=[
            item(
                subscriber_id=name,
                activated_at=since[name],
                identifiers=[digest("card", f"card of {name}"), digest("device", f"of {name}")],
            )
            for name in names
        ],
        now=at - 199 * DAY,
    )
    # By month, because a verb's `now` doesn't fall.
    for month in range(5, -1, -1):
        day = at - (month * 30 + 5) * DAY
        post_charges(
            charges=[
                charge(
                    f"{name}-{month}",
                    name,
                    amount_minor=round(draw.gauss(60_000, 9_000)) + 20_000,
                    occurred_at=day,
                )
                for name in names
            ],
            now=day,
        )
    return names


def odd_people(number: int, *, at: datetime, prefix: str = "odd") -> list[str]:
    """Subscribers of days who share a device, top up much and often, and get most of it back."""
    names = [f"{prefix}-{n}" for n in range(number)]
    since = at - 9 * DAY
    put_subscribers(
        subscribers=[
            item(
                subscriber_id=name,
                activated_at=since,
                identifiers=[digest("device", f"the phone of all {prefix}")],
            )
            for name in names
        ],
        now=since,
    )
    charges = [
        charge(
            f"{name}-{n}",
            name,
            amount_minor=(n + 1) * 90_000,
            kind="top_up",
            occurred_at=since + n * timedelta(hours=3),
        )
        for name in names
        for n in range(12)
    ]
    post_charges(charges=charges, now=since + 2 * DAY)
    post_refunds(
        refunds=[
            refund(
                f"{name}-{n}-back",
                f"{name}-{n}",
                name,
                amount_minor=(n + 1) * 80_000,
                reason="chargeback",
                occurred_at=since + 3 * DAY,
            )
            for name in names
            for n in range(12)
        ],
        now=since + 3 * DAY,
    )
    return names


def ids_of(names: Sequence[str]) -> list[int]:
    found = dict(Subscriber.objects.filter(external_id__in=names).values_list("external_id", "pk"))
    return [found[name] for name in names]
