"""A relay and a sender that are killed at a chosen point; run as a process of their own."""

import importlib
import os
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any

import django


def die(*args: Any, **kwargs: Any) -> Any:
    os._exit(9)


def after(act: Any, *args: Any, **kwargs: Any) -> Any:
    act(*args, **kwargs)
    os._exit(9)


# Where it dies: a module, a name in it, and whether that is done first.
POINTS = {
    "claimed": ("outbox.operations.relay_events", "write_messages", False),
    "written": ("outbox.operations.relay_events", "write_messages", True),
    "handed over": ("outbox.operations.relay_events", "_hand_over", True),
    "claimed to send": ("outbox.operations.send_messages", "_send_chain", False),
    "sent": ("outbox.operations.send_messages", "_send_chain", True),
    "about to keep": ("outbox.operations.send_messages", "keep_outcomes", False),
    "kept in part": ("outbox.operations.keep_outcomes", "_judge", False),
}


def main() -> None:
    django.setup()
    from django.db import connection

    from outbox.operations.relay_events import relay_events
    from outbox.operations.send_messages import send_messages

    connection.settings_dict["NAME"] = sys.argv[2]
    module, name, is_done = POINTS[sys.argv[1]]
    place = importlib.import_module(module)
    setattr(place, name, partial(after, getattr(place, name)) if is_done else die)
    relay_events(now=datetime.now(UTC))
    send_messages(clock=partial(datetime.now, UTC))


if __name__ == "__main__":
    main()
