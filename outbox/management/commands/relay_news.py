"""Hand announced events to those who hear them, and messages to webhooks."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from doors.jobs import JobCommand
from outbox.operations.relay_events import relay_events
from outbox.operations.replay_events import write_replays
from outbox.operations.send_messages import send_messages
from outbox.queries.lag import Lag, news_lag

_now = partial(datetime.now, UTC)


class Command(JobCommand):
    help = "Hand announced events to those who hear them, and send webhooks what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the ways to run it."""
        super().add_arguments(parser)
        way = parser.add_mutually_exclusive_group()
        way.add_argument(
            "--follow",
            type=float,
            nargs="?",
            const=1.0,
            default=None,
            metavar="SECONDS",
            help="go on for ever, looking again after so long (by default a second)",
        )
        way.add_argument("--status", action="store_true", help="only say what waits")

    def run(self, *, now: datetime, **options: Any) -> str:
        if options.get("status"):
            return lag_shown(news_lag(), now)
        seconds = options.get("follow")
        while seconds is not None:
            said = _relay(_now())
            if said is not None:
                self.stdout.write(said)
            else:
                time.sleep(seconds)
        return _relay(now) or "Nothing waited."


def _relay(now: datetime) -> str | None:
    """Relay and send once, and say what was done; None if there was nothing to do."""
    relayed = relay_events(now=now)
    again = write_replays(now=now)
    sent = send_messages(clock=_now)
    if not (relayed.events or again or sent.attempts):
        return None
    return (
        f"{relayed.events:,} events were relayed and became {relayed.messages:,} messages,"
        f" {again:,} were written again; {sent.delivered:,} of {sent.attempts:,} attempts"
        " delivered."
    )


def lag_shown(lag: Lag, now: datetime) -> str:
    """The lag in lines, one for the relay and one for each webhook."""
    behind = lag.behind(now).total_seconds()
    lines = [f"{lag.unrelayed:,} events wait for the relay, the oldest for {behind:,.0f} s."]
    lines += [
        f"{each.endpoint.webhook_id} ({each.endpoint.status}): {each.pending:,} pending"
        + (f" since {each.oldest_at.isoformat()}" if each.oldest_at else "")
        + f", {each.dead:,} dead."
        for each in lag.endpoints
    ]
    return "\n".join(lines)
