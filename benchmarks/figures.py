"""What a benchmark found, and how work is compared with its floor."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate beside that of its floor; `ratio` is the median over turns measured side by side.

    `extra` holds what else was found, by name and unit.
    """

    name: str
    rate: float
    floor_rate: float
    ratio: float
    unit: str
    aim: float
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark: what it measures, in words, and the function that does."""

    title: str
    floor: str
    run: Callable[[], list[Figure]]


def say(line: str) -> None:
    """Report progress beside the table, which goes to standard output."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def seconds_of(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def _nothing(*_: object) -> None:
    """Most benchmarks need no preparation."""


def compare(
    name: str,
    *,
    work: Callable[[int], object],
    floor: Callable[[int], object],
    items: int,
    pairs: int,
    unit: str,
    aim: float,
    warm_up: int = 1,
    before_each: Callable[[], object] = _nothing,
    before_pair: Callable[[int], object] = _nothing,
) -> Figure:
    """Run `work` and `floor` in turns, and compare each turn with its neighbour.

    The machine has other work too: what slows it down for a while slows both, and the median
    of the pairs' ratios leaves out what hit only one of them.

    Args:
        work: does `items` items in the turn of this number.
        floor: does as many, others.
        warm_up: pairs that are run and not counted.
        before_each: makes ready for either, beside the clock; `before_pair` for both.
    """

    def timed(turn_of: Callable[[int], object], number: int) -> float:
        before_each()
        return seconds_of(lambda: turn_of(number))

    taken: list[tuple[float, float]] = []
    for turn in range(-warm_up, pairs):
        number = turn + warm_up
        before_pair(number)
        # Who goes first changes, so that neither always follows the other's mess.
        if number % 2:
            floor_seconds = timed(floor, number)
            seconds = timed(work, number)
        else:
            seconds = timed(work, number)
            floor_seconds = timed(floor, number)
        if turn >= 0:
            taken.append((seconds, floor_seconds))
        say(
            f"  {name} {turn + 1:>2}/{pairs}  {items / seconds:>10,.0f} {unit}"
            f"   floor {items / floor_seconds:>10,.0f}   ratio {floor_seconds / seconds:.2f}"
        )
    return Figure(
        name=name,
        rate=items / median(seconds for seconds, _ in taken),
        floor_rate=items / median(floor for _, floor in taken),
        ratio=median(floor / seconds for seconds, floor in taken),
        unit=unit,
        aim=aim,
    )
