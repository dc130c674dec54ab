"""Measure, print a table and write var/bench.json: `python -m benchmarks [names…]`."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from os import environ
from pathlib import Path
from typing import Any

import django
import orjson

from benchmarks import databases
from benchmarks.figures import say

_RESULTS = Path(__file__).resolve().parent.parent / "var" / "bench.json"
_FIELDS = ("name", "rate", "floor_rate", "ratio", "unit")


def main() -> int:
    environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks.catalogue import BENCHES

    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        say(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHES)}.")
        return 2
    figures = []
    with databases.template():
        for name in names:
            bench = BENCHES[name]
            say(f"\n{name}: {bench.title}\n  floor: {bench.floor}")
            figures += _measured(name)
    _keep(figures)
    _print_table(figures)
    return 0


def _measured(name: str) -> list[dict[str, Any]]:
    with databases.copy(name) as url, tempfile.NamedTemporaryFile() as result:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.one", name, result.name],
            env={**environ, "DATABASE_URL": url, "OWNER_DATABASE_URL": url},
            check=True,
        )
        figures: list[dict[str, Any]] = orjson.loads(Path(result.name).read_bytes())
    return figures


def _keep(figures: Sequence[dict[str, Any]]) -> None:
    """Write what was measured; figures that this run didn't measure stay as they were."""
    rows = {}
    if _RESULTS.exists():
        rows = {row["name"]: row for row in orjson.loads(_RESULTS.read_bytes())}
    for figure in figures:
        rows[figure["name"]] = {key: figure[key] for key in _FIELDS} | figure["extra"]
    _RESULTS.parent.mkdir(exist_ok=True)
    _RESULTS.write_bytes(orjson.dumps(list(rows.values()), option=orjson.OPT_INDENT_2))


def _print_table(figures: Sequence[dict[str, Any]]) -> None:
    print(f"\n{'':24}{'rate':>12}{'floor':>12}{'ratio':>8}{'aim':>8}")
    for figure in figures:
        met = "" if figure["ratio"] >= figure["aim"] else "  below the aim"
        print(
            f"{figure['name']:24}{figure['rate']:>12,.0f}{figure['floor_rate']:>12,.0f}"
            f"{figure['ratio']:>8.2f}{figure['aim']:>8.2f}  {figure['unit']}{met}"
        )
        for key, value in figure["extra"].items():
            print(f"  {key:30}{value:>12,.2f}")


if __name__ == "__main__":
    sys.exit(main())
