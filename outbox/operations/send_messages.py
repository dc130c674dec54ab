"""Sending messages to endpoints: at least once, in order within a lane."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from outbox.operations.claim_messages import CHAIN_SECONDS, Chain, claim_chains
from outbox.operations.keep_outcomes import Outcome, keep_outcomes
from outbox.operations.posting import Poster
from outbox.policy.addresses import Network, Ports
from outbox.policy.places import SLOW_SECONDS
from outbox.policy.retries import Reply
from outbox.policy.signing import body_of, signed_headers

TURN = timedelta(seconds=20)
_LOOK_AGAIN_SECONDS = 0.5
# Threads there are, for each that endpoints which are well may have: some may hang before it is
# known that their endpoint is unwell.
_THREADS_SHARE = 3

# "send", as a number: the first of two keys; the second is the sender's place.
_SENDERS = 0x73656E64

Clock = Callable[[], datetime]


class Sent(NamedTuple):
    """How many attempts were made, and how many of them delivered."""

    attempts: int = 0
    delivered: int = 0


def send_messages(*, clock: Clock, turn: timedelta = TURN) -> Sent:
    """Send what is due until nothing is, or the turn is over; no network call under a lock.

    A lane's messages are sent one after another, and after a failure the lane waits. Killed at
    any point it loses nothing: what was on its way is sent again once its lease has ended. Run
    in more places than `WEBHOOKS_SENDERS` it does nothing in the others.

    Args:
        clock: each attempt is signed with its own moment.
        turn: how long new attempts are begun; those on their way are waited for.
    """
    with ExitStack() as stack:
        if not stack.enter_context(_place()):
            return Sent()
        return _send(clock, turn, leave_place=stack.close)


@contextmanager
def _place() -> Iterator[bool]:
    """One of the places of senders, if there is one left.

    Held by the session and not by a transaction, because nothing is held open while sending;
    a sender that dies loses it with its connection.
    """
    with connection.cursor() as cursor:
        for place in range(settings.WEBHOOKS_SENDERS):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_SENDERS, place])
            if cursor.fetchone() == (True,):
                break
        else:
            yield False
            return
    try:
        yield True
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_SENDERS, place])


@dataclass(slots=True)
class _Errand:
    """A chain on its way. Its thread says when the present attempt began (monotonic clock)."""

    chain: Chain
    began: float = field(default_factory=time.monotonic)


def _send(clock: Clock, turn: timedelta, leave_place: Callable[[], None]) -> Sent:
    ends_at = time.monotonic() + turn.total_seconds()
    attempts = delivered = 0
    running: dict[Future[list[Outcome]], _Errand] = {}
    send = partial(
        _send_chain,
        ends_at=ends_at,
        clock=clock,
        allowed=[ip_network(network) for network in settings.WEBHOOKS_ALLOWED_NETWORKS],
        ports=settings.WEBHOOKS_PORTS,
    )
    with ThreadPoolExecutor(_THREADS_SHARE * settings.WEBHOOKS_THREADS, "webhooks") as pool:
        while True:
            if time.monotonic() < ends_at:
                for chain in claim_chains(
                    busy=Counter(errand.chain.endpoint_id for errand in running.values()),
                    hanging=_hanging(running.values()),
                    now=clock(),
                ):
                    errand = _Errand(chain)
                    running[pool.submit(send, errand)] = errand
            else:
                # Somebody else may begin what is due, while we wait for what hangs.
                leave_place()
            if not running:
                return Sent(attempts, delivered)
            ended, _ = wait(running, _LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
            outcomes = [outcome for future in ended for outcome in future.result()]
            for future in ended:
                del running[future]
            keep_outcomes(outcomes=outcomes)
            attempts += len(outcomes)
            delivered += sum(outcome.reply.is_delivered for outcome in outcomes)


def _hanging(errands: Iterable[_Errand]) -> set[int]:
    since = time.monotonic() - SLOW_SECONDS
    return {errand.chain.endpoint_id for errand in errands if errand.began < since}


def _send_chain(
    errand: _Errand, *, ends_at: float, clock: Clock, allowed: Sequence[Network], ports: Ports
) -> list[Outcome]:
    """Send messages in their order until one fails or time is up; runs in a thread."""
    chain = errand.chain
    outcomes: list[Outcome] = []
    with Poster(chain.url, allowed=allowed, ports=ports) as poster:
        for message in chain.messages:
            errand.began = time.monotonic()
            if outcomes and errand.began >= min(chain.claimed + CHAIN_SECONDS, ends_at):
                break
            body = body_of(
                name=message.name,
                announced_at=message.announced_at,
                items=message.items,
                event_id=message.event_id,
                replay_id=message.replay_id,
            )
            made_at = clock()
            if chain.secrets:
                headers = signed_headers(
                    number=message.number, body=body, secrets_in_force=chain.secrets, now=made_at
                )
                reply = poster.post(body, headers)
            else:
                reply = Reply(None, "none of SECRETS_KEYS opens the webhook's secret")
            outcomes.append(
                Outcome(
                    message=message.number,
                    endpoint=chain.endpoint_id,
                    attempt=message.attempts + 1,
                    reply=reply,
                    made_at=made_at,
                    # Not a secret: it spreads what would otherwise return all at once.
                    chance=random.random(),  # noqa: S311
                )
            )
            if not reply.is_delivered:
                break
    return outcomes
