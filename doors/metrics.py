"""What every door counts: requests, jobs and repeated transactions.

Processes of one machine share their counters in the files of `PROMETHEUS_MULTIPROC_DIR`; without
it each counts for itself.
"""

from collections.abc import Mapping
from functools import lru_cache

from prometheus_client import Counter, Histogram

_REQUEST_SECONDS = Histogram(
    "tenure_request_seconds",
    "How long requests took, by method, route and class of status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_JOB_SECONDS = Histogram(
    "tenure_job_seconds",
    "How long tasks took, by name and by how they ended (done, failed).",
    ["task", "outcome"],
    buckets=(0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600),
)
_JOB_ROWS = Counter(
    "tenure_job_rows",
    "What tasks did: lots expired, instalments paid, cases opened …",
    ["task", "what"],
)
_RETRIES = Counter(
    "tenure_transaction_retries",
    "Transactions that were repeated after a deadlock, a conflict or a lock that was not free.",
    ["reason"],
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request."""
    # Anybody may invent methods, and each series lasts as long as its process.
    known = method if method in _METHODS else "other"
    _requests_of(known, route, status // 100).observe(seconds)


def count_job(task: str, *, outcome: str, seconds: float, done: Mapping[str, int]) -> None:
    """Count one run of a task, and what it did."""
    _JOB_SECONDS.labels(task, outcome).observe(seconds)
    for what, rows in done.items():
        _JOB_ROWS.labels(task, what).inc(rows)


def count_retry(reason: str) -> None:
    """Count a transaction that is repeated."""
    _RETRIES.labels(reason).inc()


@lru_cache(maxsize=1024)
def _requests_of(method: str, route: str, hundreds: int) -> Histogram:
    return _REQUEST_SECONDS.labels(method, route, f"{hundreds}xx")
