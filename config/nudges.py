"""Waking a task after a commit: soon, or not at all, because the clock wakes it too."""

import logging
from threading import Event, Lock, Thread
from time import sleep

# After a failure: a broker that is away is away for longer than a moment.
RESTS_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Nudge:
    """Wakes a task, from a thread of its own: nobody who commits ever waits for the broker.

    A broker that is away answers late, and one whose disk is full not at all, not even to the end
    of a connection. What is asked for meanwhile is one nudge.
    """

    def __init__(self, task: str) -> None:
        self._task = task
        self._is_asked = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    def __call__(self) -> None:
        """Ask for the task, and go on."""
        self._is_asked.set()
        with self._starting:
            # A process that was forked has none of its parent's threads.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._serve, name=self._task, daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        from config.celery import app

        while self._is_asked.wait():
            self._is_asked.clear()
            try:
                # One that comes late is as good as none.
                app.send_task(self._task, expires=60, retry=False)
            except Exception:
                logger.warning("%s is left to the clock", self._task, exc_info=True)
                sleep(RESTS_SECONDS)


nudge_relay = Nudge("outbox.tasks.relay_news")
nudge_sender = Nudge("outbox.tasks.send_webhooks")
