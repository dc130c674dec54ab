"""`make drill`: every drill, one after another, against the instance of var/demo.env."""

import argparse
import sys
import time
from pathlib import Path
from typing import Protocol

from tests.drills.bad_input import BadInput
from tests.drills.books import audit
from tests.drills.client import Client
from tests.drills.findings import Findings
from tests.drills.fuzz import Fuzz
from tests.drills.histories import Histories
from tests.drills.imports import Imports
from tests.drills.instance import CLONE, Instance, NotHere, instance_of
from tests.drills.kills import Kills
from tests.drills.measures import Measures
from tests.drills.races import Races
from tests.drills.restarts import Restarts
from tests.drills.restore import Restore


class Drill(Protocol):
    """Something that is done to an instance, and finds what breaks."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None: ...

    def run(self) -> None: ...


DRILLS: dict[str, type[Drill]] = {
    "races": Races,
    "imports": Imports,
    "bad_input": BadInput,
    "fuzz": Fuzz,
    "histories": Histories,
    "measures": Measures,
    "kills": Kills,
    "restarts": Restarts,
    "restore": Restore,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drills", nargs="*", help=f"of {', '.join(DRILLS)}; default all")
    parser.add_argument("--clone", type=Path, default=CLONE, help="whose instance is drilled")
    options = parser.parse_args()
    unknown = set(options.drills) - set(DRILLS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    try:
        instance = instance_of(options.clone)
    except NotHere as reason:
        print(reason, file=sys.stderr)
        return 2
    return 1 if sum(_run(name, instance) for name in options.drills or DRILLS) else 0


def _run(name: str, instance: Instance) -> int:
    found, started = Findings(), time.monotonic()
    DRILLS[name](instance, Client(instance), found).run()
    audit(instance, found)
    found.measured(f"{time.monotonic() - started:.0f} s")
    print(found.report(name), flush=True)
    return len(found.broken)


if __name__ == "__main__":
    sys.exit(main())
