"""The steps in which the demo's history is replayed, and what happens in each of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demo.policy.customers import BILLING_DAYS, Life, chance
from kernel.moments import add_months, day_of, start_of_day

RUNS_PER_MONTH = 4
DAYS_PER_RUN = BILLING_DAYS // RUNS_PER_MONTH
# What a redemption goes through after it was reserved; all of it within its step.
SETTLED_AFTER = timedelta(hours=2)
RELEASED_AFTER = timedelta(hours=5)
REVERSED_AFTER = timedelta(hours=24)
LAPSED_AFTER = timedelta(hours=80)
POINTS_WORTH_REDEEMING = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """A billing run: the bills of some days of a month, posted at `now`."""

    number: int
    month: date
    first_day: int
    last_day: int
    after: datetime
    now: datetime
    month_begins_at: datetime | None
    is_last: bool

    def leaves_time_until(self, as_of: datetime) -> bool:
        """Whether a redemption of this step ends before the history does."""
        return self.now + LAPSED_AFTER < as_of


class Bill(NamedTuple):
    """A month of tenure of somebody, billed at a moment."""

    life: Life
    place: int
    billed_at: datetime


class GivenBack(NamedTuple):
    """A refund or chargeback of a bill."""

    life: Life
    place: int
    amount_minor: int
    reason: str
    given_at: datetime


def steps_until(lives: Sequence[Life], as_of: datetime, zone: ZoneInfo) -> list[Step]:
    """The billing runs from the first activation to `as_of`."""
    month = day_of(min(life.activated_at for life in lives), zone).replace(day=1)
    after, steps = start_of_day(month, zone), list[Step]()
    while after < as_of:
        for run in range(RUNS_PER_MONTH):
            first_day, last_day = run * DAYS_PER_RUN + 1, (run + 1) * DAYS_PER_RUN
            ends_at = datetime.combine(month.replace(day=last_day), time(23), tzinfo=zone)
            is_last = ends_at >= as_of or (run == RUNS_PER_MONTH - 1 and _ends(month, as_of, zone))
            now = as_of if is_last else ends_at.astimezone(ZoneInfo("UTC"))
            begins_at = start_of_day(month, zone) + timedelta(minutes=10)
            begins = begins_at if run == 0 and begins_at <= as_of else None
            number = len(steps) + 1
            steps.append(Step(number, month, first_day, last_day, after, now, begins, is_last))
            after = now
            if is_last:
                return steps
        month = add_months(month, 1)
    return steps


def coming_in(lives: Iterable[Life], step: Step) -> Iterator[Life]:
    """Those who were activated since the step before."""
    return (life for life in lives if step.after < life.activated_at <= step.now)


def leaving_in(lives: Iterable[Life], step: Step) -> Iterator[Life]:
    """Those who closed since the step before."""
    for life in lives:
        if life.closed_at is not None and step.after < life.closed_at <= step.now:
            yield life


def by_billing_day(lives: Iterable[Life]) -> dict[int, list[Life]]:
    """Who is billed on which day of the month."""
    found: dict[int, list[Life]] = {day: [] for day in range(1, BILLING_DAYS + 1)}
    for life in lives:
        found[life.customer.billing_day].append(life)
    return found


def bills_in(by_day: Mapping[int, Iterable[Life]], step: Step, zone: ZoneInfo) -> Iterator[Bill]:
    """The bills of the run's days."""
    for day in range(step.first_day, step.last_day + 1):
        for life in by_day[day]:
            if life.is_billed_in(step.month):
                billed_at = life.billed_at(step.month, zone)
                if billed_at <= step.now:
                    yield Bill(life, life.place_in(step.month), billed_at)


def refunds_after(bills: Iterable[Bill]) -> Iterator[GivenBack]:
    """Refunds of the bills before these: six of a thousand, a third of them chargebacks."""
    for life, place, billed_at in bills:
        luck = chance("refund", life.customer.number, place - 1)
        if place > 1 and luck < 60 and not _is_refunded_early(life, place - 1):
            amount = life.customer.amount_minor
            part = amount if luck < 30 else amount // 3
            reason = "chargeback" if luck < 20 else "refund"
            yield GivenBack(life, place - 1, part, reason, billed_at)


def refunds_before(bills: Iterable[Bill]) -> Iterator[GivenBack]:
    """Refunds that reach the program before their bills do: a few of ten thousand."""
    for life, place, billed_at in bills:
        if _is_refunded_early(life, place):
            yield GivenBack(life, place, life.customer.amount_minor // 2, "refund", billed_at)


def wants_to_redeem(bill: Bill) -> bool:
    """One bill in ten makes somebody look what their points are worth."""
    customer = bill.life.customer
    return customer.phone_is_verified and chance("redeem", customer.number, bill.place) < 1_000


def points_to_redeem(bill: Bill, redeemable: int) -> int:
    """What they take: mostly all of it in hundreds, sometimes half; nothing if it is little."""
    if redeemable < POINTS_WORTH_REDEEMING:
        return 0
    is_half = chance("half", bill.life.customer.number, bill.place) < 3_000
    return (redeemable // 2 if is_half else redeemable) // 100 * 100


def outcome_of(bill: Bill) -> str:
    """What becomes of a reservation: settled, some of them reversed, released, or lapsed."""
    luck = chance("outcome", bill.life.customer.number, bill.place)
    if luck < 600:
        return "released"
    if luck < 1_200:
        return "lapsed"
    return "reversed" if luck < 1_450 else "settled"


def _is_refunded_early(life: Life, place: int) -> bool:
    return chance("early refund", life.customer.number, place) < 3


def _ends(month: date, as_of: datetime, zone: ZoneInfo) -> bool:
    """Whether the history ends before the next month begins."""
    return as_of < start_of_day(add_months(month, 1), zone)
