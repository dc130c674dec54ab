"""Program terms: what the operator promises, as one immutable value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple, Self, get_args, get_origin, get_type_hints

from kernel.money import MINOR_PER_MAJOR
from kernel.refusals import Refusal

CHARGE_KINDS = ("service", "top_up", "renewal", "device")
BRONZE, SILVER, GOLD = "bronze", "silver", "gold"
TIERS = (BRONZE, SILVER, GOLD)
# Ten years of life, of a window or of grace; a longer promise is a mistake.
MONTHS_MAX, DAYS_MAX, HOURS_MAX = 120, 3660, 8784


class InvalidTerms(Refusal):
    code = "invalid_terms"
    title = "These terms can't be a version of the program's terms."


@dataclass(frozen=True, slots=True)
class TierTerms:
    """A tier: what must be paid for it over the tier window, and what it multiplies by."""

    name: str
    paid_min_minor: int
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class CapTerms:
    """Limits of what one subscriber is given (benefits) and takes (redemptions)."""

    benefit_month_minor: int = 500_000
    benefit_year_minor: int = 3_000_000
    benefit_life_minor: int = 10_000_000
    redemption_month_minor: int = 500_000
    redemption_year_minor: int = 3_000_000


@dataclass(frozen=True, slots=True)
class RedemptionTerms:
    """What a redemption needs, and how long a reservation holds."""

    points_min: int = 100
    reservation_hours: int = 72
    identity_needed_above_minor: int = 300_000


@dataclass(frozen=True, slots=True)
class ReferralTerms:
    """What an invitation brings, when, and how often."""

    bonus_minor: int = 30_000
    invitee_bonus_minor: int = 0
    stay_months_min: int = 3
    arpu_min_minor: int = 50_000
    instalments: int = 3
    join_days_max: int = 30
    # How long before an activation another line may have had the number.
    number_rest_days: int = 90
    per_month_max: int = 5
    per_year_max: int = 60
    per_life_max: int = 600
    value_month_minor: int = 150_000
    value_year_minor: int = 600_000
    value_life_minor: int = 1_500_000
    clawback_months: int = 6


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """What signing a contract again brings, in monthly parts while it stands."""

    contract_months_min: int = 12
    bonus_minor: int = 60_000
    instalments: int = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the program's terms. Money in kopecks, lives and windows in months."""

    points_per_rouble: Decimal = Decimal(1)
    point_value_minor: int = 1
    lot_life_months: int = 12
    earning_rates: Mapping[str, Decimal] = field(
        default_factory=lambda: dict.fromkeys(CHARGE_KINDS, Decimal(1))
    )
    tiers: tuple[TierTerms, ...] = (
        TierTerms(BRONZE, 0, Decimal("1.0")),
        TierTerms(SILVER, 600_000, Decimal("1.25")),
        TierTerms(GOLD, 1_200_000, Decimal("1.5")),
    )
    tier_window_months: int = 12
    tier_grace_months: int = 1
    caps: CapTerms = CapTerms()
    redemption: RedemptionTerms = RedemptionTerms()
    closed_wallet_days: int = 30
    four_eyes_above_minor: int = 300_000
    referral: ReferralTerms = ReferralTerms()
    renewal: RenewalTerms = RenewalTerms()
    # Points per kopeck by charge kind and tier, exactly; derived from the fields above.
    _points_per_kopeck: Mapping[tuple[str, str], tuple[int, int]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    # Benefits of a lifetime up to this need no look at months and years.
    smallest_benefit_cap_minor: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        caps = self.caps
        smallest = min(caps.benefit_month_minor, caps.benefit_year_minor, caps.benefit_life_minor)
        object.__setattr__(self, "smallest_benefit_cap_minor", smallest)
        ratios = {}
        for kind, rate in self.earning_rates.items():
            for tier in self.tiers:
                # Fractions before the product: decimal arithmetic rounds at 28 digits.
                ratio = Fraction(self.points_per_rouble) * Fraction(rate)
                ratio *= Fraction(tier.multiplier) / MINOR_PER_MAJOR
                ratios[kind, tier.name] = ratio.as_integer_ratio()
        object.__setattr__(self, "_points_per_kopeck", ratios)

    def points_for(self, amount_minor: int, kind: str, tier: str) -> int:
        """What a charge earns, before caps: rounded down, once per charge."""
        numerator, denominator = self._points_per_kopeck[kind, tier]
        return amount_minor * numerator // denominator

    def points_per_kopeck(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """The accrual rule by charge kind and tier, as numerator and denominator."""
        return self._points_per_kopeck

    def tier_names(self) -> tuple[str, ...]:
        """The tiers from the lowest to the highest."""
        return tuple(tier.name for tier in self.tiers)

    def content(self) -> dict[str, Any]:
        """The terms as JSON values, decimals as strings; `from_content` reads them back."""
        return {name: _json_value(getattr(self, name)) for name in _public_names(type(self))}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Read terms; what is absent has the default of the program's brief.

        Raises:
            InvalidTerms: an unknown name, a value of another type, or values that can't be
                terms together.
        """
        terms: Self = _read_record(cls, content, "terms")
        fault = _fault_in(terms)
        if fault:
            raise InvalidTerms(fault)
        return terms


class NumberedTerms(NamedTuple):
    """Terms and the number of their version."""

    number: int
    terms: Terms


def _fault_in(terms: Terms) -> str | None:
    if terms.tier_names() != TIERS:
        return f"The tiers are {', '.join(TIERS)}, in this order."
    if set(terms.earning_rates) != set(CHARGE_KINDS):
        return f"Each charge kind has an earning rate: {', '.join(CHARGE_KINDS)}."
    thresholds = [tier.paid_min_minor for tier in terms.tiers]
    if thresholds[0] != 0 or sorted(set(thresholds)) != thresholds:
        return "What must be paid for a tier rises from 0 with each tier."
    multipliers = [tier.multiplier for tier in terms.tiers]
    if multipliers[0] <= 0 or sorted(multipliers) != multipliers:
        # What a charge earns at most, which accrual asks before caps, is what the last tier earns.
        return "A multiplier is more than 0, and never less than that of a lower tier."
    return _fault_of_counts(terms)


def _fault_of_counts(terms: Terms) -> str | None:
    """What is at least one, and what is bounded so that no date leaves the calendar."""
    from_one = {
        "point_value_minor": (terms.point_value_minor, None),
        "lot_life_months": (terms.lot_life_months, MONTHS_MAX),
        "tier_window_months": (terms.tier_window_months, MONTHS_MAX),
        "redemption.points_min": (terms.redemption.points_min, None),
        "redemption.reservation_hours": (terms.redemption.reservation_hours, HOURS_MAX),
        "referral.stay_months_min": (terms.referral.stay_months_min, MONTHS_MAX),
        "referral.instalments": (terms.referral.instalments, MONTHS_MAX),
        "renewal.instalments": (terms.renewal.instalments, MONTHS_MAX),
    }
    for name, (number, most) in from_one.items():
        if number < 1:
            return f"{name} is at least 1."
        if most is not None and number > most:
            return f"{name} is at most {most}."
    bounded = {
        "tier_grace_months": (terms.tier_grace_months, MONTHS_MAX),
        "closed_wallet_days": (terms.closed_wallet_days, DAYS_MAX),
        "referral.join_days_max": (terms.referral.join_days_max, DAYS_MAX),
        "referral.number_rest_days": (terms.referral.number_rest_days, DAYS_MAX),
        "referral.clawback_months": (terms.referral.clawback_months, MONTHS_MAX),
    }
    for name, (number, most) in bounded.items():
        if number > most:
            return f"{name} is at most {most}."
    return None


def _public_names(record: type[Any]) -> list[str]:
    return [f.name for f in fields(record) if f.init]


def _json_value(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _json_value(getattr(value, name)) for name in _public_names(type(value))}
    if isinstance(value, tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _json_value(item) for key, item in value.items()}
    return str(value) if isinstance(value, Decimal) else value


def _read_record(record: type[Any], content: Any, where: str) -> Any:
    if not isinstance(content, Mapping):
        raise InvalidTerms(f"{where} is an object.")
    names = _public_names(record)
    unknown = sorted(set(content) - set(names))
    if unknown:
        raise InvalidTerms(f"{where} has no {', '.join(unknown)}.")
    hints = get_type_hints(record)
    try:
        return record(
            **{key: _read(hints[key], value, f"{where}.{key}") for key, value in content.items()}
        )
    except TypeError as error:
        raise InvalidTerms(f"{where} is incomplete: {error}") from None


def _read(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        return _read_record(hint, value, where)  # type: ignore[arg-type]
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise InvalidTerms(f"{where} is a list.")
        return tuple(_read(args[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is not None:
        if not isinstance(value, Mapping):
            raise InvalidTerms(f"{where} is an object.")
        return {key: _read(args[1], item, f"{where}.{key}") for key, item in value.items()}
    return _read_plain(hint, value, where)


def _read_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is Decimal:
        return _read_decimal(value, where)
    if type(value) is not hint:
        raise InvalidTerms(f"{where} is a {hint.__name__}.")
    if hint is int and value < 0:
        raise InvalidTerms(f"{where} is not negative.")
    return value


def _read_decimal(value: Any, where: str) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number < 0:
        raise InvalidTerms(f"{where} is a decimal string, not negative.")
    return number
