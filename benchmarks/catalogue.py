"""The benchmarks by name, in the order in which they run."""

from benchmarks.bulk import BULK, TWO_PROCESSES
from benchmarks.expire import EXPIRE
from benchmarks.growth import GROWTH
from benchmarks.http import HTTP
from benchmarks.pay import PAY
from benchmarks.screening import SCREEN
from benchmarks.single import SINGLE
from benchmarks.vest import VEST

BENCHES = {
    "bulk": BULK,
    "bulk_two_processes": TWO_PROCESSES,
    "single": SINGLE,
    "http": HTTP,
    "expire": EXPIRE,
    "screen": SCREEN,
    "vest": VEST,
    "pay": PAY,
    "growth": GROWTH,
}
