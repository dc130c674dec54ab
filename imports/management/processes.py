"""What a new process runs: it must set Django up before it imports anything that needs it."""

import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any


def share_out(
    imported_id: int,
    *,
    workers: int,
    database: str,
    look: Callable[[], None],
    look_every_seconds: float,
) -> bool:
    """Let several processes read an import's shards, and look from time to time how far they are.

    When this one is interrupted, they undo their batch, let go of their shards and end.

    Args:
        database: the name of the parent's, which in a test is not the settings'.

    Returns:
        Whether all of them ended well; their errors are on standard error.
    """
    # Spawned and not forked: a fork would share the parent's connection.
    context = get_context("spawn")
    processes = [
        context.Process(target=_work, args=(imported_id, database), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        while working := [process.sentinel for process in processes if process.is_alive()]:
            wait(working, timeout=look_every_seconds)
            look()
    except KeyboardInterrupt:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()
    return all(process.exitcode == 0 for process in processes)


def _work(imported_id: int, database: str) -> None:
    # A terminal interrupts everybody at once, and the parent tells us again: once is enough.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    import django

    django.setup()
    from django.db import connection

    from imports.management.local import work

    connection.settings_dict["NAME"] = database
    try:
        work(imported_id)
    except KeyboardInterrupt:
        sys.exit(130)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
