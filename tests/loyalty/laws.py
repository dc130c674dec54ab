"""The laws of the ledger, proven from the tables alone: slow, plain, and none of the policies."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from hmac import digest as hmac_digest
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from tests.books import rows

MOSCOW = ZoneInfo("Europe/Moscow")
ACCOUNTS = (
    "pending",
    "available",
    "reserved",
    "debt",
    "issued",
    "redeemed",
    "expired",
    "revoked",
)
HELD = ("in_review", "reserved", "settled")

Row = dict[str, Any]


def prove_laws(now: datetime) -> None:
    """Every law over every wallet in the database, as things stand at `now`."""
    tables = {
        name: _by_subscriber(f"SELECT * FROM loyalty_{name}")  # noqa: S608
        for name in (
            "entry",
            "lot",
            "lotdraw",
            "charge",
            "refund",
            "subscribermonth",
            "redemption",
            "payout",
        )
    }
    versions = rows("SELECT number, content::text FROM loyalty_termsversion")
    terms = {row["number"]: json.loads(row["content"]) for row in versions}
    for wallet in rows("SELECT * FROM loyalty_wallet"):
        mine = {name: found.get(wallet["subscriber_id"], []) for name, found in tables.items()}
        _Wallet(wallet, mine, terms, now).prove()


def _by_subscriber(sql: str) -> dict[int, list[Row]]:
    found = defaultdict(list)
    for row in rows(sql):
        found[row["subscriber_id"]].append(row)
    return found


class _Wallet:
    def __init__(
        self, wallet: Row, tables: dict[str, list[Row]], terms: dict[int, Row], now: datetime
    ) -> None:
        self.wallet, self.now, self.terms = wallet, now, terms
        self.entries = sorted(tables["entry"], key=lambda row: row["number"])
        self.by_number = {entry["number"]: entry for entry in self.entries}
        self.reversed = {e["reverses"] for e in self.entries if e["reverses"] is not None}
        self.lots = {lot["number"]: lot for lot in tables["lot"]}
        self.draws = tables["lotdraw"]
        self.charges = {row["charge_id"]: row for row in tables["charge"]}
        self.refunds = tables["refund"]
        self.months = {row["month"]: row for row in tables["subscribermonth"]}
        self.redemptions = tables["redemption"]
        self.payouts = tables["payout"]

    def prove(self) -> None:
        self.the_chain_is_whole()
        self.balances_are_sums_of_entries()
        self.lots_hold_what_is_available()
        self.draws_say_where_outflows_came_from()
        self.nobody_owes_and_can_spend()
        self.months_are_sums_of_facts()
        self.charges_earn_by_the_rule_on_their_net()
        self.caps_hold()
        self.redemptions_and_entries_agree()
        self.reversals_mirror_their_refunds()

    def the_chain_is_whole(self) -> None:
        digest, posted_at, available = b"", None, 0
        for place, entry in enumerate(self.entries, start=1):
            assert entry["number"] == place
            assert posted_at is None or entry["posted_at"] >= posted_at
            posted_at = entry["posted_at"]
            available += entry["points"] * (
                (entry["destination"] == "available") - (entry["source"] == "available")
            )
            assert entry["available_after"] == available >= 0
            written = [
                entry["subscriber_id"], entry["number"], entry["kind"], entry["source"],
                entry["destination"], entry["points"], _micro(entry["occurred_at"]),
                _micro(entry["posted_at"]), entry["terms"], entry["available_after"],
                entry["reverses"], entry["cause_type"], entry["cause_id"],
            ]  # fmt: skip
            text = "|".join(map(str, written)).encode()
            digest = hmac_digest(settings.LEDGER_KEYS[0], digest + text, "sha256")
            assert bytes(entry["digest"]) == digest
        assert self.wallet["last_number"] == len(self.entries)
        assert bytes(self.wallet["last_digest"]) == digest
        assert self.wallet["last_posted_at"] == posted_at

    def balances_are_sums_of_entries(self) -> None:
        for account in ACCOUNTS:
            came = sum(e["points"] for e in self.entries if e["destination"] == account)
            went = sum(e["points"] for e in self.entries if e["source"] == account)
            balance = went - came if account in ("debt", "issued") else came - went
            assert self.wallet[account] == balance >= 0, account

    def lots_hold_what_is_available(self) -> None:
        assert self.wallet["available"] == sum(lot["remaining"] for lot in self.lots.values())
        credited = {
            entry["number"]: entry["points"]
            for entry in self.entries
            if entry["kind"] in ("accrual", "debt_return", "rounding")
            and entry["destination"] == "available"
        }
        assert {number: lot["points"] for number, lot in self.lots.items()} == credited
        drawn: dict[int, int] = defaultdict(int)
        for draw in self.draws:
            if draw["entry"] not in self.reversed:
                drawn[draw["lot"]] += draw["points"]
        for number, lot in self.lots.items():
            assert lot["remaining"] == lot["points"] - drawn[number]
            assert lot["remaining"] >= 0

    def draws_say_where_outflows_came_from(self) -> None:
        by_entry: dict[int, int] = defaultdict(int)
        for draw in self.draws:
            assert draw["points"] > 0
            assert draw["lot"] in self.lots
            by_entry[draw["entry"]] += draw["points"]
        outflows = {e["number"]: e["points"] for e in self.entries if e["source"] == "available"}
        assert by_entry == outflows

    def nobody_owes_and_can_spend(self) -> None:
        spendable = sum(
            lot["remaining"] for lot in self.lots.values() if lot["expires_at"] > self.now
        )
        assert spendable >= 0
        assert not (self.wallet["debt"] and spendable)

    def months_are_sums_of_facts(self) -> None:
        expected: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for charge in self.charges.values():
            assert charge["month"] == _month(charge["occurred_at"])
            month = expected[charge["month"]]
            month[0] += charge["amount_minor"]
            month[1] += charge["points_earned"]
            month[2] += charge["points_earned"] * self.value(charge)
        for refund in self.refunds:
            if refund["applied_at"] is not None:
                charge = self.charges[refund["charge_id"]]
                taken = _taken(refund)
                month = expected[charge["month"]]
                month[0] -= refund["amount_minor"] * (refund["status"] == "applied")
                month[1] -= taken
                month[2] -= taken * self.value(charge)
        for redemption in self.redemptions:
            if redemption["status"] in HELD:
                expected[redemption["month"]][3] += redemption["points"]
        written = {
            month: [
                row["revenue_minor"], row["points_earned"],
                row["benefit_minor"], row["points_redeemed"],
            ]
            for month, row in self.months.items()
        }  # fmt: skip
        assert {m: v for m, v in written.items() if any(v)} == {
            m: v for m, v in expected.items() if any(v)
        }
        assert self.wallet["benefit_life_minor"] == sum(v[2] for v in expected.values())

    def charges_earn_by_the_rule_on_their_net(self) -> None:
        excess: dict[date, int] = defaultdict(int)
        for charge in self.charges.values():
            refunds = [r for r in self.refunds if r["charge_id"] == charge["charge_id"]]
            applied = [r for r in refunds if r["status"] == "applied"]
            counted = [r for r in refunds if r["status"] in ("applied", "reversed")]
            assert all(r["status"] != "waiting" for r in refunds)
            refunded = sum(r["amount_minor"] for r in applied)
            assert charge["refunded_minor"] == refunded <= charge["amount_minor"]
            gross = self.rule(charge, charge["amount_minor"])
            assert charge["points_earned"] + charge["points_in_review"] == gross
            waiting = charge["points_in_review"] - sum(map(_from_review, counted))
            assert charge["points_waiting"] == waiting >= 0
            kept = charge["points_earned"] - sum(map(_taken, counted))
            assert kept >= 0
            assert kept + waiting == self.rule(charge, charge["amount_minor"] - refunded)
            excess[charge["month"]] += waiting
            if charge["lot"] is not None:
                lot = self.lots[charge["lot"]]
                assert lot["points"] == charge["points_earned"] - charge["points_to_debt"]
                life = self.terms[charge["terms"]]["lot_life_months"]
                assert lot["expires_at"] == _lapse(charge["occurred_at"], life)
            # Points may have lapsed in another lot: one that came back after it had paid debt.
            lapsed = sum(r["points_lapsed"] for r in applied)
            others = (
                number
                for number in self.lots
                if self.by_number[number]["kind"] in ("debt_return", "rounding")
            )
            assert lapsed <= sum(map(self.lost, {charge["lot"], *others} - {None}))
        held = {row["month"]: row["points"] for row in self.payouts}
        assert {m: p for m, p in held.items() if p} == {m: p for m, p in excess.items() if p}
        waiting_refunds = sum(r["status"] == "waiting" for r in self.refunds)
        assert self.wallet["waiting_refunds"] == waiting_refunds

    def lost(self, number: int) -> int:
        """What a lot lost unspent, swept or not."""
        lot = self.lots[number]
        swept = sum(
            draw["points"]
            for draw in self.draws
            if draw["lot"] == number
            and self.by_number[draw["entry"]]["kind"] in ("expiry", "revocation")
        )
        unswept = lot["remaining"] if lot["expires_at"] <= self.now else 0
        return int(swept + unswept)

    def caps_hold(self) -> None:
        # A charge that fitted under the caps of its own terms fits under the largest ones. What
        # comes back with a reversed refund had fitted before, whoever took its room meanwhile.
        if any(refund["status"] == "reversed" for refund in self.refunds):
            return
        caps = [content["caps"] for content in self.terms.values()]
        years: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for month, row in self.months.items():
            assert row["benefit_minor"] <= max(cap["benefit_month_minor"] for cap in caps)
            years[month.year][0] += row["benefit_minor"]
        for benefit, _ in years.values():
            assert benefit <= max(cap["benefit_year_minor"] for cap in caps)
        life = max(cap["benefit_life_minor"] for cap in caps)
        assert self.wallet["benefit_life_minor"] <= life

    def redemptions_and_entries_agree(self) -> None:
        held = 0
        for redemption in self.redemptions:
            reservation = self.by_number[redemption["reservation"]]
            assert reservation["kind"] == "reservation"
            assert reservation["points"] == redemption["points"]
            returned = redemption["status"] in ("released", "lapsed", "reversed")
            assert (redemption["reservation"] in self.reversed) == returned
            if redemption["settlement"] is not None:
                settlement = self.by_number[redemption["settlement"]]
                assert settlement["kind"] == "settlement"
                assert settlement["points"] == redemption["points"]
                assert (redemption["settlement"] in self.reversed) == returned
            held += redemption["points"] * (redemption["status"] == "reserved")
        assert self.wallet["reserved"] == held

    def reversals_mirror_their_refunds(self) -> None:
        for refund in self.refunds:
            took = [
                entry
                for entry in self.entries
                if entry["cause_type"] == "refund"
                and entry["cause_id"] == refund["refund_id"]
                and entry["kind"] in ("refund", "chargeback")
            ]
            is_reversed = refund["status"] == "reversed"
            assert all((entry["number"] in self.reversed) == is_reversed for entry in took)
            assert (refund["reversed_at"] is not None) == is_reversed

    def value(self, charge: Row) -> int:
        value: int = self.terms[charge["terms"]]["point_value_minor"]
        return value

    def rule(self, charge: Row, amount_minor: int) -> int:
        terms = self.terms[charge["terms"]]
        [multiplier] = [t["multiplier"] for t in terms["tiers"] if t["name"] == charge["tier"]]
        points = Fraction(amount_minor, 100) * Fraction(terms["points_per_rouble"])
        points *= Fraction(terms["earning_rates"][charge["kind"]]) * Fraction(multiplier)
        return points.numerator // points.denominator


def _from_review(refund: Row) -> int:
    """What a refund took from review; of one that was reversed, the odd point."""
    name = "kept_from_review" if refund["status"] == "reversed" else "points_from_review"
    points: int = refund[name]
    return points


def _taken(refund: Row) -> int:
    if refund["status"] == "reversed":
        odd: int = refund["kept_earned"]
        return odd
    taken: int = refund["points_revoked"] + refund["points_lapsed"] + refund["points_to_debt"]
    return taken


def _micro(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _month(at: datetime) -> date:
    there = at.astimezone(MOSCOW)
    return date(there.year, there.month, 1)


def _lapse(occurred_at: datetime, life_months: int) -> datetime:
    day = occurred_at.astimezone(MOSCOW).date()
    year, month = day.year, day.month + life_months
    while month > 12:
        year, month = year + 1, month - 12
    last = day.day
    while True:
        try:
            ends_on = date(year, month, last)
            break
        except ValueError:
            last -= 1
    after = ends_on + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=MOSCOW).astimezone(UTC)
