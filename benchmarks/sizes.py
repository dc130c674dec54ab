"""How much is measured. A short run is made by the environment, say BENCH_GROWTH_LARGE=200000."""

from dataclasses import dataclass, fields
from os import environ


@dataclass(frozen=True, slots=True)
class Sizes:
    """Each field is overridden by BENCH_ and its name in capitals."""

    # Charges per call of post_charges, and pairs of calls (ours, floor).
    bulk_items: int = 10_000
    bulk_pairs: int = 12
    # Single postings per turn, and pairs of turns.
    single_items: int = 1_000
    single_pairs: int = 8
    # Requests per turn, pairs of turns, and connections.
    http_items: int = 2_000
    http_pairs: int = 6
    http_connections: int = 16
    # Lapsed lots in all, and into how many turns they are divided.
    expire_lots: int = 1_000_000
    expire_pairs: int = 4
    # Payouts screened in a turn, and turns; subscribers are twice, then twenty times as many.
    screen_items: int = 10_000
    screen_turns: int = 5
    # Referrals that are open, a tenth of them due, and pairs of runs.
    vest_referrals: int = 1_000_000
    vest_pairs: int = 2
    # Instalments that are due in each turn, and pairs of turns.
    pay_instalments: int = 100_000
    pay_pairs: int = 3
    # Entries in the two ledgers, and pairs of calls.
    growth_small: int = 200_000
    growth_large: int = 20_000_000
    growth_pairs: int = 12


def sizes() -> Sizes:
    """The sizes of this run."""
    given = {
        field.name: int(environ[f"BENCH_{field.name.upper()}"])
        for field in fields(Sizes)
        if f"BENCH_{field.name.upper()}" in environ
    }
    return Sizes(**given)
