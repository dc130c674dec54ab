"""The customers of the file, and what the file does not say of them."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zlib import crc32
from zoneinfo import ZoneInfo

from kernel.moments import add_months, day_of

KOPECKS_PER_DOLLAR = 10 * 100
# Bills fall on days that every month has, and early enough for what follows from them.
BILLING_DAYS = 24
REGIONS = (
    "Moscow",
    "Saint Petersburg",
    "Novosibirsk",
    "Yekaterinburg",
    "Kazan",
    "Nizhny Novgorod",
    "Samara",
    "Rostov-on-Don",
)
CONTRACT_MONTHS = {"One year": 12, "Two year": 24}


def chance(of: str, *facts: int) -> int:
    """A number below 10,000 that is always the same for the same facts."""
    return crc32(f"{of}|{facts}".encode()) % 10_000


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of the file, numbered from 1."""

    number: int
    tenure_months: int
    amount_minor: int
    has_left: bool
    plan: str
    contract_months: int | None

    @property
    def subscriber_id(self) -> str:
        return f"S-{self.number:05d}"

    @property
    def msisdn(self) -> str:
        return f"+7900000{self.number:04d}"

    @property
    def card(self) -> str:
        return f"tok_demo_{self.number:05d}"

    @property
    def device(self) -> str:
        return f"dev_demo_{self.number:05d}"

    @property
    def region(self) -> str:
        return REGIONS[chance("region", self.number) % len(REGIONS)]

    @property
    def phone_is_verified(self) -> bool:
        return chance("phone", self.number) < 9_500

    @property
    def identity_is_verified(self) -> bool:
        return chance("identity", self.number) < 8_500

    @property
    def billing_day(self) -> int:
        return 1 + chance("day", self.number) % BILLING_DAYS

    def charge_id(self, place: int) -> str:
        """The id of the charge of a month of tenure, counted from 1."""
        return f"C-{self.number:05d}-{place:02d}"


@dataclass(frozen=True, slots=True)
class Life:
    """When a customer came, was billed first and last, and left."""

    customer: Customer
    activated_at: datetime
    first_month: date
    closed_at: datetime | None
    contract_ends_on: date | None

    def place_in(self, month: date) -> int:
        """Which month of tenure is billed in a calendar month; outside of 1…tenure: none."""
        first = self.first_month
        return (month.year - first.year) * 12 + month.month - first.month + 1

    def is_billed_in(self, month: date) -> bool:
        return 1 <= self.place_in(month) <= self.customer.tenure_months

    def billed_at(self, month: date, zone: ZoneInfo) -> datetime:
        return moment(month.replace(day=self.customer.billing_day), self.customer.number, zone)


def read_customers(lines: Iterable[str]) -> list[Customer]:
    """The customers of the file, in its order."""
    return [
        Customer(
            number=number,
            tenure_months=int(row["tenure"]),
            amount_minor=int(Decimal(row["monthly_charges"]) * KOPECKS_PER_DOLLAR),
            has_left=row["churn"] == "Yes",
            plan=f"{_internet(row['internet_service'])}, {row['contract'].lower()}",
            contract_months=CONTRACT_MONTHS.get(row["contract"]),
        )
        for number, row in enumerate(csv.DictReader(lines), start=1)
    ]


def life_of(customer: Customer, as_of: datetime, zone: ZoneInfo) -> Life:
    """A life whose last bill is the latest before `as_of`, or some months earlier if they left."""
    today = day_of(as_of, zone)
    last_month = today.replace(day=1)
    if moment(last_month.replace(day=customer.billing_day), customer.number, zone) > as_of:
        last_month = add_months(last_month, -1)
    if customer.has_left:
        last_month = add_months(last_month, -1 - chance("left", customer.number) % 6)
    first_month = add_months(last_month, 1 - customer.tenure_months)
    activated_on = add_months(first_month, -1).replace(day=customer.billing_day)
    if not customer.tenure_months:
        activated_on = today - timedelta(days=1 + chance("new", customer.number) % 20)
    closed_at = None
    if customer.has_left:
        days = 3 + chance("closed", customer.number) % 20
        closed_on = last_month.replace(day=customer.billing_day) + timedelta(days=days)
        closed_at = moment(closed_on, customer.number, zone)
    return Life(
        customer=customer,
        activated_at=moment(activated_on, customer.number, zone),
        first_month=first_month,
        closed_at=closed_at,
        contract_ends_on=_contract_end(activated_on, customer.contract_months, today),
    )


def moment(day: date, number: int, zone: ZoneInfo) -> datetime:
    """An hour of a working day that belongs to a customer."""
    minutes = chance("minute", number) % (8 * 60)
    at = datetime.combine(day, time(9), tzinfo=zone) + timedelta(minutes=minutes)
    return at.astimezone(ZoneInfo("UTC"))


def _internet(service: str) -> str:
    return "Phone only" if service == "No" else service.capitalize()


def _contract_end(activated_on: date, months: int | None, today: date) -> date | None:
    """The contract was signed again whenever it ended."""
    if months is None:
        return None
    ends_on = add_months(activated_on, months)
    while ends_on <= today:
        ends_on = add_months(ends_on, months)
    return ends_on
