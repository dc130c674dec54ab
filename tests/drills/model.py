"""One wallet as the rules of the program say it should be, written from their text alone.

Deliberately naive, and sharing nothing with the code that it judges: lists, loops, fractions.
Money is in kopecks, one point is worth one kopeck, months are (year, month).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

Month = tuple[int, int]

MOSCOW = ZoneInfo("Europe/Moscow")
LIFE_MONTHS = 12
TIERS = (
    ("bronze", 0, Fraction(1)),
    ("silver", 600_000, Fraction(5, 4)),
    ("gold", 1_200_000, Fraction(3, 2)),
)
NAMES = [name for name, _, _ in TIERS]
BENEFIT_MONTH, BENEFIT_YEAR, BENEFIT_LIFE = 500_000, 3_000_000, 10_000_000
REDEEMED_MONTH, REDEEMED_YEAR, REDEEMED_LEAST = 500_000, 3_000_000, 100


def month_of(at: datetime) -> Month:
    """The calendar month in Moscow."""
    there = at.astimezone(MOSCOW)
    return there.year, there.month


def later(month: Month, months: int) -> Month:
    """The month so many months later."""
    index = month[0] * 12 + month[1] - 1 + months
    return index // 12, index % 12 + 1


def start_of(month: Month) -> datetime:
    """Its first instant in Moscow."""
    return datetime(month[0], month[1], 1, tzinfo=MOSCOW).astimezone(UTC)


def lapses_at(occurred_at: datetime) -> datetime:
    """The start of the day after the last one of a lot's life, in Moscow."""
    day = occurred_at.astimezone(MOSCOW)
    year, month = later((day.year, day.month), LIFE_MONTHS)
    last = (start_of(later((year, month), 1)).astimezone(MOSCOW) - timedelta(days=1)).day
    end = datetime(year, month, min(day.day, last), tzinfo=MOSCOW)
    return (end + timedelta(days=1)).astimezone(UTC)


@dataclass(slots=True)
class ModelLot:
    """Points that lapse together; `swept` is what lapsed unspent and was taken away."""

    number: int
    lapses_at: datetime
    left: int
    charge_id: str
    swept: int = 0


@dataclass(slots=True)
class ModelPayment:
    """Points of a charge that paid debt, and when they would have lapsed."""

    points: int
    lapses_at: datetime
    charge_id: str


@dataclass(slots=True)
class ModelRefund:
    """A refund and where it took points from."""

    charge_id: str
    amount: int
    waiting: int
    lapsed: int
    taken: list[tuple[ModelLot, int]]
    debt: int
    is_reversed: bool = False

    @property
    def earned(self) -> int:
        """What it took of the points that the charge had earned."""
        return self.lapsed + sum(points for _, points in self.taken) + self.debt


@dataclass(slots=True)
class ModelCharge:
    """A charge and what became of its points."""

    amount: int
    occurred_at: datetime
    month: Month
    multiplier: Fraction
    ever_waiting: int
    waiting: int
    earned: int
    lot: ModelLot | None
    refunded: int = 0
    counted_as_lapsed: int = 0

    def rule(self, net: int) -> int:
        """A point a rouble, times the tier, rounded down once."""
        return int(Fraction(net, 100) * self.multiplier)


@dataclass(slots=True)
class ModelRedemption:
    """A redemption and the lots that it took from."""

    points: int
    month: Month
    status: str
    taken: list[tuple[ModelLot, int]]


@dataclass(slots=True)
class Model:
    """A wallet that only this module has touched."""

    opened: Month
    lots: list[ModelLot] = field(default_factory=list)
    charges: dict[str, ModelCharge] = field(default_factory=dict)
    refunds: dict[str, ModelRefund] = field(default_factory=dict)
    payments: list[ModelPayment] = field(default_factory=list)
    redemptions: dict[str, ModelRedemption] = field(default_factory=dict)
    debt: int = 0
    reserved: int = 0
    expired: int = 0
    revenue: dict[Month, int] = field(default_factory=lambda: defaultdict(int))
    benefits: dict[Month, int] = field(default_factory=lambda: defaultdict(int))
    redeemed: dict[Month, int] = field(default_factory=lambda: defaultdict(int))
    tier: str = "bronze"
    tier_starts: list[tuple[datetime, str]] = field(default_factory=list)
    downgrade_on: Month | None = None
    evaluated: Month | None = None

    def spendable(self, now: datetime) -> int:
        """What has not lapsed."""
        return sum(lot.left for lot in self._open(now))

    def tier_at(self, at: datetime) -> str:
        """The tier in force then."""
        return ([tier for since, tier in self.tier_starts if since <= at] or ["bronze"])[-1]

    def charge(self, charge_id: str, amount: int, occurred_at: datetime) -> ModelCharge:
        """A charge earns by its month's tier, under the caps, and pays debt first."""
        month = month_of(occurred_at)
        multiplier = {name: by for name, _, by in TIERS}[self.tier_at(occurred_at)]
        points = int(Fraction(amount, 100) * multiplier)
        of_year = sum(value for key, value in self.benefits.items() if key[0] == month[0])
        room = min(
            BENEFIT_MONTH - self.benefits[month],
            BENEFIT_YEAR - of_year,
            BENEFIT_LIFE - sum(self.benefits.values()),
        )
        earned = min(points, max(0, room))
        to_debt = min(self.debt, earned)
        self._pay(to_debt, lapses_at(occurred_at), charge_id)
        self.benefits[month] += earned
        self.revenue[month] += amount
        lot = None
        if earned > to_debt:
            lot = self._open_lot(earned - to_debt, lapses_at(occurred_at), charge_id)
        over = points - earned
        made = ModelCharge(amount, occurred_at, month, multiplier, over, over, earned, lot)
        self.charges[charge_id] = made
        return made

    def refund(self, refund_id: str, charge_id: str, amount: int, now: datetime) -> bool:
        """Take back: what waits, the own lot, what lapsed of it, the earliest lots, debt."""
        charge = self.charges[charge_id]
        if charge.refunded + amount > charge.amount:
            return False
        net = charge.amount - charge.refunded
        points = charge.rule(net) - charge.rule(net - amount)
        charge.refunded += amount
        self.revenue[charge.month] -= amount
        waiting = min(charge.waiting, points)
        charge.waiting -= waiting
        rest = points - waiting
        self.benefits[charge.month] -= rest
        taken: list[tuple[ModelLot, int]] = []
        own = charge.lot
        if own is not None and own.lapses_at > now and (drawn := min(own.left, rest)):
            own.left -= drawn
            rest -= drawn
            taken.append((own, drawn))
        lost = sum(lot.swept for lot in self.lots if lot.charge_id == charge_id) + sum(
            lot.left for lot in self.lots if lot.charge_id == charge_id and lot.lapses_at <= now
        )
        lapsed = min(max(0, lost - charge.counted_as_lapsed), rest)
        charge.counted_as_lapsed += lapsed
        rest -= lapsed
        for lot, drawn in list(self._drawn(rest, now)):
            lot.left -= drawn
            rest -= drawn
            taken.append((lot, drawn))
        self.debt += rest
        self.refunds[refund_id] = ModelRefund(charge_id, amount, waiting, lapsed, taken, rest)
        return True

    def reverse(self, refund_id: str, now: datetime) -> None:
        """Leave things as if the refund had not been, once; points whole."""
        refund = self.refunds[refund_id]
        if refund.is_reversed:
            return
        refund.is_reversed = True
        charge = self.charges[refund.charge_id]
        charge.refunded -= refund.amount
        self.revenue[charge.month] += refund.amount
        charge.waiting += refund.waiting
        charge.counted_as_lapsed -= refund.lapsed
        self.benefits[charge.month] += refund.earned
        self._return_payments(max(0, refund.debt - self.debt))
        self.debt -= refund.debt
        for lot, points in refund.taken:
            lot.left += points
        self._pay_from(refund.taken)
        net = charge.amount - charge.refunded
        self._round(
            refund,
            refund.waiting + refund.earned - charge.rule(net) + charge.rule(net - refund.amount),
            now,
        )

    def _round(self, refund: ModelRefund, off: int, now: datetime) -> None:
        """One point stays taken, or is added, where parts of a point were rounded otherwise."""
        charge = self.charges[refund.charge_id]
        if off > 0 and charge.waiting:
            charge.waiting -= 1
        elif off > 0:
            self.benefits[charge.month] -= 1
            for lot, _ in self._drawn(1, now):
                lot.left -= 1
                return
            self.debt += 1
        elif off < 0 and charge.waiting < charge.ever_waiting:
            charge.waiting += 1
        elif off < 0:
            self.benefits[charge.month] += 1
            lapse = lapses_at(charge.occurred_at)
            if self.debt:
                self._pay(1, lapse, refund.charge_id)
            else:
                self._open_lot(1, lapse, refund.charge_id)

    def _open_lot(self, points: int, lapse: datetime, charge_id: str) -> ModelLot:
        lot = ModelLot(len(self.lots), lapse, points, charge_id)
        self.lots.append(lot)
        return lot

    def _pay(self, points: int, lapse: datetime, charge_id: str) -> None:
        self.debt -= points
        if points:
            self.payments.append(ModelPayment(points, lapse, charge_id))

    def _pay_from(self, back: list[tuple[ModelLot, int]]) -> None:
        """Whoever owes pays from what came back to lots, from what lapses first."""
        paid: list[tuple[ModelLot, int]] = []
        for lot, points in sorted(back, key=lambda each: (each[0].lapses_at, each[0].number)):
            pays = min(self.debt - sum(each for _, each in paid), points)
            lot.left -= pays
            paid.append((lot, pays))
        for lot, pays in sorted(paid, key=lambda each: each[0].number):
            self._pay(pays, lot.lapses_at, lot.charge_id)

    def _return_payments(self, points: int) -> None:
        """What has paid debt is there again, the latest payments first, each once."""
        for payment in reversed(self.payments):
            back = min(payment.points, points)
            payment.points -= back
            points -= back
            self.debt += back
            if back:
                self._open_lot(back, payment.lapses_at, payment.charge_id)

    def redeemable(self, points: int, now: datetime) -> bool:
        """Whether minimum, spendable points and caps allow it."""
        month = month_of(now)
        of_year = sum(value for key, value in self.redeemed.items() if key[0] == month[0])
        return (
            points >= REDEEMED_LEAST
            and points <= self.spendable(now)
            and points <= REDEEMED_MONTH - self.redeemed[month]
            and points <= REDEEMED_YEAR - of_year
        )

    def reserve(self, redemption_id: str, points: int, now: datetime) -> None:
        """Hold points from the lots that lapse first."""
        taken = list(self._drawn(points, now))
        for lot, drawn in taken:
            lot.left -= drawn
        self.reserved += points
        self.redeemed[month_of(now)] += points
        self.redemptions[redemption_id] = ModelRedemption(points, month_of(now), "reserved", taken)

    def settle(self, redemption_id: str) -> None:
        """Spend what is held."""
        redemption = self.redemptions[redemption_id]
        redemption.status = "settled"
        self.reserved -= redemption.points

    def give_back(self, redemption_id: str, status: str) -> None:
        """Points go back to their lots and room to their month; debt is paid from them."""
        redemption = self.redemptions[redemption_id]
        if redemption.status == "reserved":
            self.reserved -= redemption.points
        redemption.status = status
        self.redeemed[redemption.month] -= redemption.points
        for lot, points in redemption.taken:
            lot.left += points
        self._pay_from(redemption.taken)

    def lapse(self, now: datetime, reserved_at: datetime) -> None:
        """What was reserved lapses after 72 hours."""
        if now >= reserved_at + timedelta(hours=72):
            for key, redemption in self.redemptions.items():
                if redemption.status == "reserved":
                    self.give_back(key, "lapsed")

    def expire(self, now: datetime) -> None:
        """Sweep what has lapsed."""
        for lot in self.lots:
            if lot.lapses_at <= now:
                lot.swept += lot.left
                self.expired += lot.left
                lot.left = 0

    def evaluate(self, now: datetime) -> None:
        """At the start of each month: up at once, down one step after a month of grace."""
        month = later(self.evaluated, 1) if self.evaluated else self.opened
        while month <= month_of(now):
            self._evaluate(month)
            self.evaluated = month
            month = later(month, 1)

    def _evaluate(self, month: Month) -> None:
        window = [later(month, -n) for n in range(1, 13)]
        paid = sum(self.revenue.get(each, 0) for each in window)
        deserved = [name for name, least, _ in TIERS if paid >= least][-1]
        rank, wanted = NAMES.index(self.tier), NAMES.index(deserved)
        before = self.tier
        if wanted >= rank:
            self.tier, self.downgrade_on = deserved, None
        elif self.downgrade_on is None:
            self.downgrade_on = later(month, 1)
        elif month >= self.downgrade_on:
            self.tier = NAMES[rank - 1]
            self.downgrade_on = later(month, 1) if wanted < rank - 1 else None
        if self.tier != before:
            self.tier_starts.append((start_of(month), self.tier))

    def excess(self) -> dict[Month, int]:
        """One payout per month that waits for review."""
        waiting: dict[Month, int] = defaultdict(int)
        for charge in self.charges.values():
            waiting[charge.month] += charge.waiting
        return {month: points for month, points in waiting.items() if points}

    def expiring(self, now: datetime) -> list[tuple[datetime, int]]:
        """The open lots in the order in which they are spent."""
        return [(lot.lapses_at, lot.left) for lot in self._open(now)]

    def _open(self, now: datetime) -> list[ModelLot]:
        found = [lot for lot in self.lots if lot.left and lot.lapses_at > now]
        return sorted(found, key=lambda lot: (lot.lapses_at, lot.number))

    def _drawn(self, points: int, now: datetime) -> Iterator[tuple[ModelLot, int]]:
        for lot in self._open(now):
            drawn = min(lot.left, points)
            points -= drawn
            if drawn:
                yield lot, drawn
