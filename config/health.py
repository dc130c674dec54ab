"""Whether this process lives, and whether what it needs is there.

Each part is asked in a thread of its own, so that one that hangs is told as such in time.
"""

import logging
from collections.abc import Callable, Iterable
from functools import cache
from threading import Event, Lock, Thread
from time import monotonic

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.postgresql.trust import require_trust

logger = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 0.9
TICK_AGE_MAX_SECONDS = 180

UP, DOWN = "up", "down"

_APPLIED = "SELECT app, name FROM django_migrations"
_TICKED = "SELECT ticked_at > now() - make_interval(secs => %s) FROM doors_clocktick"


class Check:
    """One part that is asked whether it is there; never twice at once, even when it hangs."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._asked: _Asked | None = None

    def begin(self) -> "_Asked":
        """Ask, unless an earlier question is still under way."""
        with self._lock:
            if self._asked is None or self._asked.is_over.is_set():
                self._asked = _Asked()
                Thread(target=self._asked.answer, args=(self._ask,), daemon=True).start()
            return self._asked


class _Asked:
    def __init__(self) -> None:
        self.is_over = Event()
        self.is_up = False

    def answer(self, ask: Callable[[], bool]) -> None:
        try:
            self.is_up = ask()
        except Exception as error:  # noqa: BLE001 (whatever is the matter: it isn't there)
            # No traceback: probes come every few seconds.
            logger.warning("%s failed: %s", ask.__name__.strip("_"), error)
            self.is_up = False
        finally:
            self.is_over.set()

    def is_up_by(self, deadline: float) -> bool:
        return self.is_over.wait(max(deadline - monotonic(), 0)) and self.is_up


def live(request: HttpRequest) -> HttpResponse:
    """GET /health/live: this process answers."""
    return JsonResponse({"status": UP})


def ready(request: HttpRequest) -> HttpResponse:
    """GET /health/ready[?parts=database,migrations]: each part's state; 503 unless all are up.

    A load balancer asks for the parts without which the API can't answer; whoever watches asks
    for all.
    """
    wanted = request.GET.get("parts")
    parts = wanted.split(",") if wanted else list(CHECKS)
    if not set(parts) <= set(CHECKS):
        return JsonResponse({"status": "unknown part"}, status=400)
    states = ask(parts)
    status = UP if all(state == UP for state in states.values()) else DOWN
    return JsonResponse(
        {"status": status, "parts": states},
        status=200 if status == UP else 503,
        headers={"Cache-Control": "no-store"},
    )


def ask(parts: Iterable[str]) -> dict[str, str]:
    """Ask parts all at once; each is up or down within `ANSWER_WITHIN_SECONDS`."""
    deadline = monotonic() + ANSWER_WITHIN_SECONDS
    asked = {name: CHECKS[name].begin() for name in parts}
    return {name: UP if each.is_up_by(deadline) else DOWN for name, each in asked.items()}


def _database_answers() -> bool:
    with _connect() as database:
        require_trust(database)
    return True


def _migrations_are_applied() -> bool:
    with _connect() as database:
        applied = set(database.execute(_APPLIED).fetchall())
    # Newer ones may be there: another version of this program is being rolled out.
    return _migrations_needed() <= applied


def _clock_goes() -> bool:
    with _connect() as database:
        return database.execute(_TICKED, [TICK_AGE_MAX_SECONDS]).fetchone() == (True,)


def _broker_answers() -> bool:
    url = settings.CELERY_BROKER_URL
    if url.startswith("pgmq://"):
        with psycopg.connect("postgresql" + url.removeprefix("pgmq"), connect_timeout=2):
            return True
    from config.celery import app

    with app.connection_for_read(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=0)
    return True


def _connect() -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of its own: one that was kept may hang, or be in use."""
    database: psycopg.Connection[tuple[object, ...]] = psycopg.connect(
        **{
            **connection.get_connection_params(),
            "connect_timeout": 2,
            "options": "-c statement_timeout=2s",
        },
        autocommit=True,
    )
    return database


def prepare() -> None:
    """Read the files of all migrations, which is too long for the first probe to wait for."""
    _migrations_needed()


@cache
def _migrations_needed() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


CHECKS = {
    "database": Check(_database_answers),
    "migrations": Check(_migrations_are_applied),
    "broker": Check(_broker_answers),
    "clock": Check(_clock_goes),
}
