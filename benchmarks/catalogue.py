"""The benchmarks by name, in the order in which they run."""

from benchmarks.bulk import BULK, TWO_PROCESSES
from benchmarks.expire import EXPIRE
from benchmarks.single import SINGLE

BENCHES = {
    "bulk": BULK,
    "bulk_two_processes": TWO_PROCESSES,
    "single": SINGLE,
    "expire": EXPIRE,
}
