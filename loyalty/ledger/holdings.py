"""What the database holds of wallets, read a page of subscribers at a time for the audit."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, starmap
from operator import itemgetter
from typing import NamedTuple

from loyalty.ledger.connection import fetch
from loyalty.policy.book import Entry
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.replay import HeldWallet, WalletRow

WALLETS_PER_PAGE = 5000
ENTRIES_PER_PAGE = 50_000
_LAST_SUBSCRIBER = 2**63 - 1
_SUBSCRIBER = itemgetter(0)

_WALLETS = f"""
    SELECT {", ".join(WalletRow._fields)} FROM loyalty_wallet
    WHERE subscriber_id > %s ORDER BY subscriber_id LIMIT %s
"""  # noqa: S608

_IN_RANGE = "WHERE subscriber_id > %s AND subscriber_id <= %s"

_ENTRIES = f"""
    SELECT {", ".join(Entry._fields)} FROM loyalty_entry {_IN_RANGE}
    ORDER BY subscriber_id, number
"""  # noqa: S608

_LOTS = f"""
    SELECT subscriber_id, number, points, remaining, expires_at FROM loyalty_lot {_IN_RANGE}
    ORDER BY subscriber_id, number
"""  # noqa: S608

_DRAWS = f"""
    SELECT {", ".join(Draw._fields)} FROM loyalty_lotdraw {_IN_RANGE}
    ORDER BY subscriber_id, entry, lot
"""  # noqa: S608

_UNKEYED = f"SELECT subscriber_id, last_number FROM loyalty_unkeyedchain {_IN_RANGE}"  # noqa: S608

_CHARGES = f"""
    SELECT subscriber_id, charge_id, amount_minor, kind, occurred_at, fingerprint
    FROM loyalty_charge {_IN_RANGE} ORDER BY subscriber_id
"""  # noqa: S608

_REFUNDS = f"""
    SELECT subscriber_id, refund_id, charge_id, amount_minor, reason, occurred_at, fingerprint
    FROM loyalty_refund {_IN_RANGE} ORDER BY subscriber_id
"""  # noqa: S608


class ChargeSaid(NamedTuple):
    """What a charge says, and the fingerprint of what it said when it came."""

    subscriber_id: int
    charge_id: str
    amount_minor: int
    kind: str
    occurred_at: datetime
    fingerprint: bytes


class RefundSaid(NamedTuple):
    """What a refund says, and the fingerprint of what it said when it came."""

    subscriber_id: int
    refund_id: str
    charge_id: str
    amount_minor: int
    reason: str
    occurred_at: datetime
    fingerprint: bytes


class Page(NamedTuple):
    """Subscribers above `after` up to `until`; the last page has no upper end."""

    after: int
    until: int
    wallets: dict[int, WalletRow]


def pages_of_wallets() -> Iterator[Page]:
    """All subscribers in pages bounded by wallets and, as wallets count them, entries."""
    after = -1
    while True:
        rows = [WalletRow._make(row) for row in fetch(_WALLETS, after, WALLETS_PER_PAGE)]
        kept, entries = 0, 0
        for row in rows:
            entries += max(0, row.last_number)
            if kept and entries > ENTRIES_PER_PAGE:
                break
            kept += 1
        is_last = kept == len(rows) < WALLETS_PER_PAGE
        until = _LAST_SUBSCRIBER if is_last else rows[kept - 1].subscriber_id
        yield Page(after, until, {row.subscriber_id: row for row in rows[:kept]})
        if is_last:
            return
        after = until


def holdings_in(page: Page) -> list[HeldWallet]:
    """Everything of the ledger in a page, in the order of subscribers, orphans too."""
    held = {key: HeldWallet(key, wallet) for key, wallet in page.wallets.items()}
    # One lookup per run of rows: each table comes in the order of subscribers.
    for key, rows in groupby(fetch(_ENTRIES, page.after, page.until), _SUBSCRIBER):
        _of(held, key).entries.extend(map(Entry._make, rows))
    for key, rows in groupby(fetch(_LOTS, page.after, page.until), _SUBSCRIBER):
        _of(held, key).lots.extend(starmap(Lot, rows))
    for key, rows in groupby(fetch(_DRAWS, page.after, page.until), _SUBSCRIBER):
        _of(held, key).draws.extend(map(Draw._make, rows))
    for key, last_number in fetch(_UNKEYED, page.after, page.until):
        _of(held, key).unkeyed_until = last_number
    return [held[key] for key in sorted(held)]


def charges_in(page: Page) -> Iterator[ChargeSaid]:
    """What the charges of a page say."""
    return map(ChargeSaid._make, fetch(_CHARGES, page.after, page.until))


def refunds_in(page: Page) -> Iterator[RefundSaid]:
    """What the refunds of a page say."""
    return map(RefundSaid._make, fetch(_REFUNDS, page.after, page.until))


def _of(held: dict[int, HeldWallet], subscriber_id: int) -> HeldWallet:
    found = held.get(subscriber_id)
    if found is None:
        found = held[subscriber_id] = HeldWallet(subscriber_id)
    return found
