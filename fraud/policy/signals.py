"""Signals: what is measured of a subject, each a pure function of its facts.

A signal that can't be measured is missing (None) and never zero: what isn't known speaks neither
for nor against anybody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log1p, sqrt

from fraud.policy.facts import Facts

Value = float | None
Curve = Callable[[float, float], float]


def rising(value: float, scale: float) -> float:
    """In proportion, and whole from the scale on."""
    return min(1.0, max(0.0, value / scale))


def saturating(value: float, scale: float) -> float:
    """For counts: the first ones say most, and each further one less; whole at the scale."""
    return min(1.0, log1p(max(0.0, value)) / log1p(scale))


def falling(value: float, scale: float) -> float:
    """For times: whole at nothing, one half at the scale, and never quite nothing."""
    return scale / (scale + max(0.0, value))


@dataclass(frozen=True, slots=True)
class Signal:
    """One measure of a subject.

    Attributes:
        name: its stable key in rule sets and assessments.
        unit: of the value.
        title, meaning: for people.
        scale: the value at which it counts whole, or by half where its curve falls.
        read: the value, or None where it is missing.
        curve: how a value becomes x, between 0 and 1, which a weight multiplies.
    """

    name: str
    unit: str
    title: str
    meaning: str
    scale: float
    read: Callable[[Facts], Value]
    curve: Curve = rising


def _count(value: int | None) -> Value:
    return None if value is None else float(value)


def _rate(part: int, whole: int) -> Value:
    return part / whole if whole else None


def _refund_rate(facts: Facts) -> Value:
    money = facts.money
    return None if money is None else _rate(money.refunded_minor, money.charged_minor)


def _chargeback_rate(facts: Facts) -> Value:
    money = facts.money
    return None if money is None else _rate(money.charged_back_minor, money.charged_minor)


def _party_matches(facts: Facts) -> Value:
    """Those of a household's or a friend's network, behind one IP address, say nothing here."""
    if facts.arpu_needed_minor is None:
        return None
    parties = (m for m in facts.matches if m.with_whom in ("inviter", "invitee"))
    kinds = {m.kind for m in parties if m.kind != "ip"}
    # An e-mail address that matches leads to a mailbox that matches.
    return float(len(kinds - {"email"} if "mailbox" in kinds else kinds))


def _country_differs(facts: Facts) -> Value:
    if facts.ip is None or facts.home is None:
        return None
    return float(facts.ip.country != facts.home.country)


def _region_differs(facts: Facts) -> Value:
    if facts.ip is None or facts.home is None or not (facts.ip.region and facts.home.region):
        return None
    return float(facts.ip.region != facts.home.region)


def _burst(facts: Facts) -> Value:
    """The larger of two standard scores: against one's own history, and against the others.

    One's own joins are counts, so that their deviation is that of a Poisson variable, the
    square root of its mean (at least 1).
    """
    known = facts.referrals
    if known is None:
        return None
    own = (known.recent - known.usual) / sqrt(max(1.0, known.usual))
    if known.population_mean is None or known.population_deviation is None:
        return max(0.0, own)
    others = (known.recent - known.population_mean) / max(1.0, known.population_deviation)
    return max(0.0, own, others)


def _shared_device(facts: Facts) -> Value:
    others = facts.accounts_on_device
    return None if others is None else float(others > 0)


def _haste(facts: Facts) -> Value:
    """Minutes; of a redemption only while none was settled, because then the first is judged."""
    if facts.subject_type == "redemption" and not facts.is_first_redemption:
        return None
    return _count(facts.minutes_to_first_redemption)


def _closeness(facts: Facts) -> Value:
    """How closely the spend lies above the gate: 1 just at it, 0 from 20 % above it on."""
    if facts.arpu_minor is None or not facts.arpu_needed_minor:
        return None
    above = facts.arpu_minor / facts.arpu_needed_minor - 1
    return max(0.0, 1 - above / 0.2) if above >= 0 else 0.0


def _ring(facts: Facts) -> Value:
    """How dense the linked group is: pairs that are linked, out of all pairs; a cycle is 1."""
    group = facts.group
    if group is None:
        return None
    if group.has_cycle:
        return 1.0
    pairs = group.accounts * (group.accounts - 1) / 2
    return min(1.0, group.links / pairs) if group.accounts > 2 else 0.0


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "accounts_on_device",
        "accounts",
        "Others on the same device",
        "Other subscribers who were seen with one of the devices before.",
        8,
        lambda facts: _count(facts.accounts_on_device),
        saturating,
    ),
    Signal(
        "device_is_shared",
        "yes or no",
        "Shared device",
        "Anybody else at all was seen with one of the devices before.",
        1,
        _shared_device,
    ),
    Signal(
        "accounts_on_ip",
        "accounts",
        "Others behind the same IP address",
        "Other subscribers behind the address before; an address of a carrier is not counted.",
        16,
        lambda facts: _count(facts.accounts_on_ip),
        saturating,
    ),
    Signal(
        "party_matches",
        "kinds",
        "Identifiers shared within the referral",
        "Kinds of identifiers, IP addresses aside, that the invitee shares with the inviter or"
        " another invitee.",
        1,
        _party_matches,
    ),
    Signal(
        "registrations_per_day",
        "accounts per day",
        "Registrations on shared identifiers",
        "Most accounts that appeared with one of the identifiers within the day before.",
        5,
        lambda facts: _count(facts.registrations_per_day),
        saturating,
    ),
    Signal(
        "refund_rate",
        "share",
        "Refunded share",
        "How much of what was charged was refunded.",
        0.5,
        _refund_rate,
    ),
    Signal(
        "chargeback_rate",
        "share",
        "Charged-back share",
        "How much of what was charged was charged back.",
        0.1,
        _chargeback_rate,
    ),
    Signal(
        "country_differs",
        "yes or no",
        "Another country",
        "The IP address is in another country than the phone number.",
        1,
        _country_differs,
    ),
    Signal(
        "region_differs",
        "yes or no",
        "Another region",
        "The IP address is in another region than the phone number.",
        1,
        _region_differs,
    ),
    Signal(
        "referral_burst",
        "deviations",
        "Burst of referrals",
        "Joins of the last 30 days against the subscriber's own history and everybody's.",
        6,
        _burst,
    ),
    Signal(
        "redemption_haste",
        "minutes",
        "Haste to redeem",
        "Minutes from activation to the first redemption; the fewer, the more it counts.",
        15,
        _haste,
        falling,
    ),
    Signal(
        "just_above_gate",
        "share",
        "Spend just above the gate",
        "How closely the invitee's spend lies above what the bonus needs.",
        1,
        _closeness,
    ),
    Signal(
        "device_and_address",
        "accounts",
        "Same device and address",
        "Others who share both a device and an address with the subject, which few do.",
        4,
        lambda facts: _count(facts.others_at_device_and_address),
        saturating,
    ),
    Signal(
        "group_size",
        "accounts",
        "Size of the linked group",
        "Other accounts that are linked by identifiers or invitations.",
        20,
        lambda facts: None if facts.group is None else float(facts.group.accounts - 1),
        saturating,
    ),
    Signal(
        "group_shape",
        "share",
        "Shape of the linked group",
        "How densely the group is linked; invitations in a circle count whole.",
        1,
        _ring,
    ),
    Signal(
        "anomaly",
        "percentile",
        "Anomaly",
        "How unusual the subscriber's activity is, among all.",
        100,
        lambda facts: facts.anomaly,
    ),
)
BY_NAME: Mapping[str, Signal] = {signal.name: signal for signal in SIGNALS}


def measured(facts: Facts) -> dict[str, Value]:
    """Every signal's value; None where it is missing."""
    return {signal.name: signal.read(facts) for signal in SIGNALS}


def scaled(signal: Signal, value: float) -> float:
    """The value between 0 and 1 that a weight multiplies."""
    return signal.curve(value, signal.scale)
