"""What is known of a subject at the moment when it is screened, and nothing later."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Money:
    """Kopecks that a subscriber was charged, and got back."""

    charged_minor: int = 0
    refunded_minor: int = 0
    charged_back_minor: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """An identifier of the subject that somebody else is known by.

    Attributes:
        kind: of the identifier.
        with_whom: "inviter", "invitee" (another one of the same inviter) or "subscriber".
        is_blocked: the identifier stands on the block list.
    """

    kind: str
    with_whom: str
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A country and, if it is known, a region of it."""

    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Referrals:
    """How often a subscriber invites, and how often others do.

    Attributes:
        recent: joins of the last 30 days.
        usual: the subscriber's own joins per 30 days before those, over half a year.
        population_mean, population_deviation: joins of the last 30 days per inviter who had any.
    """

    recent: int
    usual: float
    population_mean: float
    population_deviation: float


@dataclass(frozen=True, slots=True)
class Group:
    """The accounts that are linked to a subject by identifiers or invitations.

    Attributes:
        accounts: how many, the subject among them; counting stops at a limit.
        links: pairs of them that are linked.
        has_cycle: invitations among them close into a circle.
    """

    accounts: int
    links: int
    has_cycle: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that signals and rules read; None is what is not known.

    Attributes:
        accounts_on_device: others who were seen with one of the subject's devices.
        accounts_on_ip: others behind one of the subject's IP addresses; None too where so many
            are that the address is a carrier's.
        registrations_per_day: most accounts that were first seen with one of the subject's
            identifiers within the 24 hours before.
        money: of the subscriber whose charges earn the benefit.
        minutes_to_first_redemption: from the activation.
        arpu_minor, arpu_needed_minor: of a referral.
        others_at_device_and_address: others who share both; few do.
        anomaly: percentile of the anomaly model, 0 to 100.
        is_first_redemption, instrument_is_shared: of a redemption.
        is_verified: what the subject needs to be verified is.
    """

    subject_type: str
    kind: str
    value_minor: int
    matches: tuple[Match, ...] = ()
    accounts_on_device: int | None = None
    accounts_on_ip: int | None = None
    registrations_per_day: int | None = None
    money: Money | None = None
    ip: Place | None = None
    home: Place | None = None
    referrals: Referrals | None = None
    minutes_to_first_redemption: int | None = None
    arpu_minor: int | None = None
    arpu_needed_minor: int | None = None
    others_at_device_and_address: int | None = None
    group: Group | None = None
    anomaly: float | None = None
    is_first_redemption: bool = False
    instrument_is_shared: bool = False
    is_verified: bool = True
    above_cap: bool = False
    standing: str = "normal"
    snoozed: frozenset[str] = field(default=frozenset())
