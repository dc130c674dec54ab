"""Compares what was acknowledged with what the ledger holds, by HTTP and by SQL."""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.drills.client import Answer, Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance

# What the ledger may say of a redemption whose step was acknowledged.
_LATER = {
    "reserve": {"reserved", "settled", "released", "lapsed", "reversed"},
    "settle": {"settled", "reversed"},
    "release": {"released"},
    "reverse": {"reversed"},
}


@dataclass(slots=True)
class Journal:
    """Every write that was sent, and what was acknowledged of it; threads share it."""

    sent: set[tuple[str, str, str]] = field(default_factory=set)
    kept: dict[tuple[str, str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, subscriber_id: str, key: str, answers: list[Answer]) -> None:
        """Note a write under its id, with all that was answered."""
        with self._lock:
            self.sent.add((kind, subscriber_id, key))
            for answer in answers:
                if answer.is_acknowledged:
                    self.kept[kind, subscriber_id, key].append(answer.body)

    def of(self, kind: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """What was acknowledged of one kind, by subscriber and id."""
        return {key[1:]: bodies for key, bodies in self.kept.items() if key[0] == kind}


def compare(journal: Journal, instance: Instance, client: Client, found: Findings) -> None:
    """Nothing acknowledged is missing, nothing is there twice, nothing is there unasked."""
    subscribers = sorted({key[1] for key in journal.sent})
    held = _held(instance, subscribers)
    _compare_charges(journal, held, found)
    _compare_refunds(journal, held, found)
    _compare_redemptions(journal, held, found)
    for subscriber_id in subscribers:
        _compare_statement(subscriber_id, held, client, found)


def audit(instance: Instance, found: Findings, *arguments: str) -> None:
    """`audit_ledger` says that every law holds."""
    code, said = instance.manage("audit_ledger", *arguments)
    found.expect(code == 0, f"audit_ledger {' '.join(arguments)}: {said[-600:]}")


def _held(instance: Instance, subscribers: list[str]) -> dict[str, list[dict[str, Any]]]:
    query = (
        "SELECT s.external_id AS subscriber, t.* FROM {} t"
        " JOIN accounts_subscriber s ON s.id = t.subscriber_id"
        " WHERE s.external_id = ANY(%s)"
    )
    tables = ("charge", "refund", "redemption", "entry", "wallet")
    return {table: instance.rows(query.format(f"loyalty_{table}"), subscribers) for table in tables}


def _compare_charges(
    journal: Journal, held: dict[str, list[dict[str, Any]]], found: Findings
) -> None:
    rows = {(row["subscriber"], row["charge_id"]): row for row in held["charge"]}
    accrued: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in held["entry"]:
        if entry["cause_type"] == "charge":
            accrued[entry["subscriber"], entry["cause_id"]].append(entry["points"])
    for key, bodies in journal.of("charge").items():
        row = rows.get(key)
        if not found.expect(row is not None, f"acknowledged charge {key} is missing"):
            continue
        assert row is not None
        for body in bodies:
            said = (body["points_earned"], body["points_in_review"], body["points_to_debt"])
            kept = (row["points_earned"], row["points_in_review"], row["points_to_debt"])
            found.expect(said == kept, f"charge {key}: said {said}, kept {kept}")
    for key, row in rows.items():
        found.expect(("charge", *key) in journal.sent, f"charge {key} was never sent")
        points = accrued.pop(key, [])
        found.expect(
            sum(points) == row["points_earned"] and len(points) <= 2,
            f"charge {key}: entries {points}, earned {row['points_earned']}",
        )
    found.expect(not accrued, f"accruals without a charge: {list(accrued)[:3]}")


def _compare_refunds(
    journal: Journal, held: dict[str, list[dict[str, Any]]], found: Findings
) -> None:
    rows = {(row["subscriber"], row["refund_id"]): row for row in held["refund"]}
    taken = _points_of_refunds(held, {"refund", "chargeback"})
    given = _points_of_refunds(held, {"restoration"})
    for key in journal.of("win"):
        is_reversed = key in rows and rows[key]["status"] == "reversed"
        found.expect(is_reversed, f"acknowledged reversal of {key} is missing")
    for key in journal.of("refund"):
        found.expect(key in rows, f"acknowledged refund {key} is missing")
    for key, row in rows.items():
        found.expect(("refund", *key) in journal.sent, f"refund {key} was never sent")
        kept = row["points_revoked"] + row["points_to_debt"]
        wanted = (kept, kept if row["status"] == "reversed" else 0)
        found.expect(
            (taken[key], given[key]) == wanted,
            f"refund {key}: entries took {taken[key]} and gave back {given[key]}, kept {wanted}",
        )
    _compare_refunded(rows, held, found)


def _points_of_refunds(
    held: dict[str, list[dict[str, Any]]], kinds: set[str]
) -> dict[tuple[str, str], int]:
    points: dict[tuple[str, str], int] = defaultdict(int)
    for entry in held["entry"]:
        if entry["cause_type"] == "refund" and entry["kind"] in kinds:
            points[entry["subscriber"], entry["cause_id"]] += entry["points"]
    return points


def _compare_refunded(
    rows: dict[tuple[str, str], dict[str, Any]],
    held: dict[str, list[dict[str, Any]]],
    found: Findings,
) -> None:
    by_charge: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows.values():
        if row["status"] == "applied":
            by_charge[row["subscriber"], row["charge_id"]] += row["amount_minor"]
    for row in held["charge"]:
        refunded = by_charge[row["subscriber"], row["charge_id"]]
        found.expect(
            refunded == row["refunded_minor"] <= row["amount_minor"],
            f"charge {row['charge_id']}: refunds {refunded}, refunded {row['refunded_minor']}",
        )


def _compare_redemptions(
    journal: Journal, held: dict[str, list[dict[str, Any]]], found: Findings
) -> None:
    rows = {(row["subscriber"], row["redemption_id"]): row for row in held["redemption"]}
    entries: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in held["entry"]:
        if entry["cause_type"] == "redemption" and entry["kind"] != "debt_payment":
            entries[entry["subscriber"], entry["cause_id"]].append(entry["kind"])
    for step, later in _LATER.items():
        for key in journal.of(step):
            row = rows.get(key)
            status = row["status"] if row else "missing"
            found.expect(status in later, f"{step} of {key} was acknowledged, it is {status}")
    for key, row in rows.items():
        found.expect(("reserve", *key) in journal.sent, f"redemption {key} was never sent")
        wanted = {
            "reserved": ["reservation"],
            "settled": ["reservation", "settlement"],
            "released": ["release", "reservation"],
            "lapsed": ["lapse", "reservation"],
            "reversed": ["reservation", "reversal", "reversal", "settlement"],
        }[row["status"]]
        found.expect(sorted(entries[key]) == wanted, f"{key} {row['status']}: {entries[key]}")


def _compare_statement(
    subscriber_id: str, held: dict[str, list[dict[str, Any]]], client: Client, found: Findings
) -> None:
    """What the API shows of a wallet is what its entries say."""
    rows = [row for row in held["entry"] if row["subscriber"] == subscriber_id]
    shown = entries_of(client, subscriber_id)
    numbers = [entry["number"] for entry in shown]
    found.expect(
        numbers == list(range(1, len(rows) + 1)), f"{subscriber_id}: entries are not gapless"
    )
    balance: dict[str, int] = defaultdict(int)
    for entry in shown:
        balance[entry["source"]] -= entry["points"]
        balance[entry["destination"]] += entry["points"]
        found.expect(
            entry["available_after"] == balance["available"],
            f"{subscriber_id} entry {entry['number']}: available_after is wrong",
        )
    wallet = client.get(f"/subscribers/{subscriber_id}/wallet")
    points = wallet["points"]
    for account in ("reserved", "pending"):
        found.expect(points[account] == balance[account], f"{subscriber_id}: {account} differs")
    found.expect(points["debt"] == -balance["debt"], f"{subscriber_id}: debt differs")
    found.expect(
        points["available"] == sum(lot["points"] for lot in wallet["expiring"]),
        f"{subscriber_id}: available is not what the lots say",
    )
    found.expect(points["available"] <= balance["available"], f"{subscriber_id}: too much shown")


def entries_of(client: Client, subscriber_id: str) -> list[dict[str, Any]]:
    """The whole statement, page by page."""
    shown: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.get(f"/subscribers/{subscriber_id}/entries?limit=500{after}")
        shown += page["data"]
        if page["next"] is None:
            return shown
        after = f"&after={page['next']}"
