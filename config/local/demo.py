"""Whether the demo's history is to be loaded into this database, and the part that does it."""

import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from config.local.instance import Instance
from config.local.places import BASE_DIR, Places
from config.local.server import require
from config.local.supervisor import Part, inherited_environment


def is_wanted(*, switch: str, instance: Instance, places: Places) -> bool:
    """On an empty database, or where loading was cut short; never with DEMO=0."""
    if switch == "0" or not any(BASE_DIR.glob("*/management/commands/load_demo.py")):
        return False
    return _mark(places).exists() or is_empty(instance.maintenance_conninfo("tenure"))


def is_empty(conninfo: str) -> bool:
    """Whether no subscriber was ever registered."""
    with psycopg.connect(conninfo) as connection:
        table = connection.execute("SELECT to_regclass('public.accounts_subscriber')").fetchone()
        if table in (None, (None,)):
            return False
        found = connection.execute("SELECT EXISTS (SELECT FROM accounts_subscriber)").fetchone()
    return found == (False,)


def demo_part(places: Places, instance: Instance, environment: Mapping[str, str]) -> Part:
    """`manage.py load_demo`, with its progress on the console.

    It is repeated after a failure, and by the next `make run` after being cut short: the
    ids that it posts under are its own, so nothing is counted twice.
    """
    _mark(places).touch()
    return Part(
        name="demo",
        command=[sys.executable, str(BASE_DIR / "manage.py"), "load_demo"],
        environment=inherited_environment(environment),
        log=None,
        one_shot=True,
        attempts_max=3,
        patience_seconds=5,
        before_start=lambda: require(instance.maintenance_conninfo()),
        when_done=lambda: _mark(places).unlink(missing_ok=True),
    )


def _mark(places: Places) -> Path:
    return places.var / "demo-is-loading"
