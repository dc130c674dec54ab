"""`make clean`: ends what is left of former runs, and removes all that a run ever made."""

import shutil
import sys

from config.local import processes
from config.local.console import Refusal, complain, say
from config.local.instance import hold_lock
from config.local.places import Places, places_of_this_clone


def main() -> int:
    places = places_of_this_clone()
    if not places.var.exists():
        return 0
    try:
        with hold_lock(places.var / "run.lock"):
            _end_leftovers(places)
            _remove(places)
    except Refusal as refusal:
        complain(f"{refusal} Stop it first.")
        return 1
    return 0


def _end_leftovers(places: Places) -> None:
    mark = str(places.clone)
    processes.end_all(lambda: processes.marked_with(mark), patience_seconds=3)
    for home in (places.var, places.outside):
        for data in home.glob("*/data"):
            processes.end_all(lambda data=data: processes.servers_of(data))  # type: ignore[misc]


def _remove(places: Places) -> None:
    for path in (places.var, places.outside, places.clone / ".venv"):
        if path.exists():
            shutil.rmtree(path)
            say(f"Removed {path}.")


if __name__ == "__main__":
    sys.exit(main())
