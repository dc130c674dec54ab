"""How many requests a client may make: one allowance per client, shared by every process.

An allowance refills steadily up to what its window brings, and is kept as one moment, "paid
until" (the generic cell rate algorithm). A process takes a lease of many requests from it at
once: a client that calls often costs a statement per lease, and hardly a request by itself. What
a process has not used of a lease within a second is lost to the client.
"""

from dataclasses import dataclass
from math import ceil
from threading import Lock
from time import monotonic
from typing import NamedTuple

from django.db import connection

LEASES_PER_SECOND = 10
LEASE_LIVES_SECONDS = 1.0
SWEEP_EVERY_SECONDS = 600.0
_REMEMBERED_MAX = 5_000
_MICROSECONDS = 1_000_000


class Rate(NamedTuple):
    """So many requests in so many seconds, all of them at once if need be; both at least 1."""

    requests: int
    seconds: int

    @property
    def lease(self) -> int:
        """How many requests a process takes at once."""
        return max(1, self.requests // (self.seconds * LEASES_PER_SECOND))

    @property
    def cost_us(self) -> int:
        """Microseconds in which one request comes back."""
        return max(1, self.seconds * _MICROSECONDS // self.requests)


class Standing(NamedTuple):
    """What is left of an allowance.

    Attributes:
        is_allowed: whether this request may go on.
        remaining: requests that could follow at once, about.
        whole_in_seconds: until the allowance is whole again, about.
        wait_seconds: until another request may be made; 0 if one may at once.
    """

    is_allowed: bool
    remaining: int
    whole_in_seconds: int
    wait_seconds: int


# Takes as many of the wanted requests as there are. The clock is the database's, because those
# of two machines may differ by more than a lease; `excluded` carries it past the row's lock.
_NOW_US = "(excluded.paid_until_us - %(wanted)s * %(cost_us)s)"
_OWED_UNTIL_US = f"greatest(known.paid_until_us, {_NOW_US})"
_TAKEN = (
    f"least(%(wanted)s, greatest(0, ({_NOW_US} + %(window_us)s - {_OWED_UNTIL_US}) / %(cost_us)s))"
)
_TAKE = f"""
    INSERT INTO doors_allowance AS known (name, paid_until_us, taken)
    SELECT %(name)s, now_us + %(wanted)s * %(cost_us)s, %(wanted)s
    FROM (
        SELECT (extract(epoch FROM clock_timestamp()) * {_MICROSECONDS})::bigint AS now_us
    ) AS clock
    ON CONFLICT (name) DO UPDATE
    SET paid_until_us = {_OWED_UNTIL_US} + {_TAKEN} * %(cost_us)s, taken = {_TAKEN}
    RETURNING taken, greatest(0, paid_until_us
        - (extract(epoch FROM clock_timestamp()) * {_MICROSECONDS})::bigint)
"""  # noqa: S608
_SWEEP = f"""
    DELETE FROM doors_allowance
    WHERE paid_until_us
        < (extract(epoch FROM clock_timestamp() - interval '1 hour') * {_MICROSECONDS})::bigint
"""  # noqa: S608


@dataclass(slots=True)
class _Lease:
    """What a process holds of one allowance, and what the allowance owed when it was taken."""

    left: int
    taken_at: float
    owed_us: int

    def owed_at(self, now: float) -> int:
        """What it owes at a later moment, if nobody else has taken of it."""
        return max(0, self.owed_us - int((now - self.taken_at) * _MICROSECONDS))


_leases: dict[str, _Lease] = {}
_lock = Lock()


class _Sweeping:
    """When this process last threw allowances away that are long whole again."""

    at = monotonic()


def take_one(*, name: str, rate: Rate) -> Standing:
    """Take one request out of the allowance called `name`, if there is one.

    Outside of any transaction of the caller's: what was taken stays taken.
    """
    now = monotonic()
    with _lock:
        lease = _leases.get(name)
        if lease is not None:
            if lease.left > 0 and now < lease.taken_at + LEASE_LIVES_SECONDS:
                lease.left -= 1
                return _standing(lease, rate, now, is_allowed=True)
            if _wait_seconds(lease.owed_at(now), rate) > 0:
                # Whoever goes on asking costs no statement.
                return _standing(lease, rate, now, is_allowed=False)
    taken, owed_us = _take(name, rate)
    with _lock:
        if len(_leases) >= _REMEMBERED_MAX:
            _leases.clear()
        lease = _leases[name] = _Lease(max(0, taken - 1), now, owed_us)
        return _standing(lease, rate, now, is_allowed=taken > 0)


def forget_leases() -> None:
    """Forget what this process holds; for tests, whose allowances are rolled back."""
    with _lock:
        _leases.clear()


def _take(name: str, rate: Rate) -> tuple[int, int]:
    parameters: dict[str, str | int] = {
        "name": name,
        "wanted": rate.lease,
        "cost_us": rate.cost_us,
        "window_us": rate.seconds * _MICROSECONDS,
    }
    with connection.cursor() as cursor:
        if monotonic() - _Sweeping.at > SWEEP_EVERY_SECONDS:
            _Sweeping.at = monotonic()
            cursor.execute(_SWEEP)
        cursor.execute(_TAKE, parameters)
        taken, owed_us = cursor.fetchone()
    return taken, owed_us


def _standing(lease: _Lease, rate: Rate, now: float, *, is_allowed: bool) -> Standing:
    owed_us = lease.owed_at(now)
    shared = (rate.seconds * _MICROSECONDS - owed_us) // rate.cost_us
    return Standing(
        is_allowed,
        min(rate.requests, max(0, shared) + lease.left) if is_allowed else 0,
        -(-owed_us // _MICROSECONDS),
        0 if is_allowed else max(1, ceil(_wait_seconds(owed_us, rate))),
    )


def _wait_seconds(owed_us: int, rate: Rate) -> float:
    """Until one request has come back."""
    return max(0, owed_us + rate.cost_us - rate.seconds * _MICROSECONDS) / _MICROSECONDS
