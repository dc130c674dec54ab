"""One benchmark in a process and a database of its own; started by the conductor."""

import sys
from dataclasses import asdict
from pathlib import Path

import django
import orjson


def main() -> None:
    name, result = sys.argv[1:]
    django.setup()
    from benchmarks.catalogue import BENCHES

    figures = BENCHES[name].run()
    Path(result).write_bytes(orjson.dumps([asdict(figure) for figure in figures]))


if __name__ == "__main__":
    main()
