"""`make run`: everything that Tenure needs, in the foreground, until Ctrl-C."""

import argparse
import multiprocessing
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

import psycopg

from config.local import demo, processes
from config.local.cluster import open_cluster
from config.local.console import Refusal, complain, say
from config.local.instance import (
    Instance,
    hold_lock,
    note_in_lock,
    open_instance,
    write_environment,
)
from config.local.places import BASE_DIR, Places, places_of_this_clone
from config.local.ports import LOCALHOST, reserve_for_web
from config.local.roles import ensure_broker, ensure_roles, release_unfinished
from config.local.server import answers, require, server_part
from config.local.supervisor import NotYet, Part, Stopped, Supervisor, inherited_environment

DEFAULT_WEB_PORT = 8000
WORKER_NAME = "worker@tenure"
WEB_OPTIONS = (
    *("--interface", "asginl", "--http", "1", "--no-ws"),
    *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "5"),
    *("--log-config", str(BASE_DIR / "config" / "server_log.json")),
)


def main() -> int:
    options = _options()
    if options.stop_with_parent:
        # Without its `make`, nobody would be left to press Ctrl-C.
        processes.stop_with_parent()
    places = places_of_this_clone()
    try:
        places.server_home()
        places.logs.mkdir(exist_ok=True)
        with hold_lock(places.var / "run.lock") as lock:
            port, held = reserve_for_web(wanted=options.port, default=DEFAULT_WEB_PORT)
            note_in_lock(lock, f"process {os.getpid()}, http://{LOCALHOST}:{port}")
            return _run(places, port, held, options)
    except Refusal as refusal:
        complain(str(refusal))
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=_port, default=os.environ.get("PORT") or None)
    parser.add_argument("--demo", default=os.environ.get("DEMO") or "1", choices=["0", "1"])
    parser.add_argument("--stop-with-parent", action="store_true")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _run(places: Places, port: int, held: socket.socket, options: argparse.Namespace) -> int:
    supervisor = Supervisor()
    supervisor.listen()
    try:
        if options.port is None and port != DEFAULT_WEB_PORT:
            say(f"Port {DEFAULT_WEB_PORT} is taken; using {port}.")
        _end_leftovers(places)
        instance = _start_database(supervisor, places)
        environment = {**instance.environment(), processes.CLONE_MARK: str(places.clone)}
        _prepare(supervisor, places, instance, environment)
        _start_application(supervisor, places, instance, environment, port)
        loading: Part | None = None
        if demo.is_wanted(switch=options.demo, instance=instance, places=places):
            say("Loading the demo: real bills, month by month. The API answers meanwhile.")
            loading = demo.demo_part(places, instance, environment)
            supervisor.add(loading)
        # The demo brings the jobs of its own months: today's clock would let lapse what they
        # have not come to yet.
        while loading is not None and not loading.is_over:
            supervisor.tick()
        supervisor.add(_clock_part(places, inherited_environment(environment), instance))
        while True:
            supervisor.tick()
    except Stopped:
        say("Stopping ...")
        return 0
    finally:
        supervisor.stop()
        held.close()
        say("Stopped.")


def _end_leftovers(places: Places) -> None:
    """What a killed launcher left behind: it holds ports, and would work on beside us."""
    mark = str(places.clone)
    ended = processes.end_all(lambda: processes.marked_with(mark), patience_seconds=3)
    if ended:
        say(f"Ended {ended} processes that a former run had left behind.")


def _start_database(supervisor: Supervisor, places: Places) -> Instance:
    say("Starting PostgreSQL ...")
    cluster = open_cluster(places, home=places.server_home() / "postgres", durable=True)
    # Before the port is tried: a former server of this clone would still hold it.
    cluster.clear_the_way()
    instance = open_instance(places.var / "instance.json", digest=places.digest)
    cluster.ensure_made(password=instance.owner_password)
    supervisor.add(
        server_part(cluster, port=instance.database_port, log=places.logs / "postgres.log")
    )
    supervisor.wait_for(
        lambda: answers(instance.maintenance_conninfo()),
        seconds=300,
        what="Starting PostgreSQL",
    )
    ensure_roles(instance)
    ensure_broker(instance)
    write_environment(places.var / "instance.env", instance.environment())
    return instance


def _prepare(
    supervisor: Supervisor, places: Places, instance: Instance, environment: Mapping[str, str]
) -> None:
    say("Preparing the database ...")
    variables = {
        **environment,
        "DATABASE_URL": instance.owner_database_url,
        "ADMIN_USER": instance.admin_user,
        "ADMIN_PASSWORD": instance.admin_password,
        "CLIENT_ID": instance.client_id,
        "CLIENT_SECRET": instance.client_secret,
    }
    supervisor.run_to_end(
        Part(
            name="prepare",
            command=[sys.executable, "-m", "config.local.prepare"],
            environment=inherited_environment(variables),
            log=places.logs / "prepare.log",
            one_shot=True,
            attempts_max=1,
        )
    )


def _start_application(
    supervisor: Supervisor,
    places: Places,
    instance: Instance,
    environment: Mapping[str, str],
    port: int,
) -> None:
    say("Starting the web server and the worker ...")
    variables = inherited_environment(
        {**environment, "PROMETHEUS_MULTIPROC_DIR": str(places.emptied_counters())}
    )
    supervisor.add(_web_part(places, variables, port))
    visible = instance.demo_environment(port)
    supervisor.wait_for(
        lambda: _web_answers(visible["API_URL"]), seconds=120, what="Starting the web server"
    )
    # Only now, because programs that start at once keep each other waiting.
    supervisor.add(_worker_part(places, variables, instance))
    write_environment(places.var / "demo.env", visible)
    _announce(visible)


def _web_part(places: Places, environment: Mapping[str, str], port: int) -> Part:
    return Part(
        name="web",
        command=[
            *(sys.executable, "-m", "granian", "--host", LOCALHOST, "--port", str(port)),
            *WEB_OPTIONS,
            *("--workers", "2", "config.asgi:application"),
        ],
        environment=environment,
        log=places.logs / "web.log",
    )


def _worker_part(places: Places, environment: Mapping[str, str], instance: Instance) -> Part:
    def release() -> None:
        try:
            released = release_unfinished(instance.broker_conninfo())
        except psycopg.OperationalError as error:
            raise NotYet("the database doesn't answer") from error
        if released:
            say(f"worker: {released} unfinished tasks go to the new worker.")

    return Part(
        name="worker",
        command=[
            *_celery("worker"),
            *("--hostname", WORKER_NAME, "--pool", _pool(), "--concurrency", "2"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        environment=environment,
        log=places.logs / "worker.log",
        # Its own ending would wait for tasks of any length; they are repeated anyway.
        stop_signal=signal.SIGQUIT,
        orphan_signal=signal.SIGQUIT,
        patience_seconds=15,
        before_start=release,
    )


def _clock_part(places: Places, environment: Mapping[str, str], instance: Instance) -> Part:
    schedule = ("--scheduler", "django_celery_beat.schedulers:DatabaseScheduler")
    return Part(
        name="beat",
        # No pid file: a stale one would block the start.
        command=[*_celery("beat"), *schedule, "--pidfile", ""],
        environment=environment,
        log=places.logs / "beat.log",
        before_start=lambda: require(instance.maintenance_conninfo()),
    )


def _pool() -> str:
    """Processes, or threads where the machine has no place for their semaphores."""
    try:
        multiprocessing.get_context("fork").Lock()
    except (OSError, ImportError):
        say("worker: /dev/shm can't be used here; running tasks in threads, without time limits.")
        return "threads"
    return "prefork"


def _celery(command: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "config.celery", command, "--loglevel", "INFO"]


def _web_answers(url: str) -> bool:
    """Any answer will do, also "not found" and "who are you"."""
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 -- our own, http
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def _announce(visible: Mapping[str, str]) -> None:
    say()
    say("Tenure is ready.")
    say()
    for name, value in visible.items():
        say(f"  {name}={value}")
    say()
    say("These lines are in var/demo.env too; logs are in var/log/. Ctrl-C stops everything.")
    say()


if __name__ == "__main__":
    sys.exit(main())
