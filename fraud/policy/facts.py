"""What is known of a subject at the moment when it is screened, and nothing later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Money:
    """Kopecks that a subscriber was charged, and got back, over the last half year."""

    charged_minor: int = 0
    refunded_minor: int = 0
    charged_back_minor: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """An identifier of the subject that is blocked, or that somebody else was seen with.

    Attributes:
        kind: of the identifier.
        with_whom: "inviter"; "invitee", another one of the same inviter; "subscriber",
            anybody else; or "list", the block list.
    """

    kind: str
    with_whom: str


@dataclass(frozen=True, slots=True)
class Since:
    """The day from which on somebody else had an identifier of a kind too."""

    kind: str
    on: str


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
        population_mean, population_deviation: joins of the last 30 days per inviter who had
            any; None while nobody has counted them.
    """

    recent: int
    usual: float
    population_mean: float | None = None
    population_deviation: float | None = None


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

    The subject's *focus* is whose behaviour decides: the invitee of a referral, and otherwise
    the subscriber whom the benefit goes to.

    Attributes:
        accounts_on_device: others who were seen with one of the focus's devices.
        accounts_on_ip: others behind one of its IP addresses; None too where so many are that
            the address is a carrier's.
        registrations_per_day: most accounts that were first seen with one of the focus's
            identifiers within the 24 hours before.
        money: of the focus.
        ip, home: of the address seen last, and of the phone number.
        referrals: of whoever invites.
        minutes_to_first_redemption: from the activation.
        arpu_minor, arpu_needed_minor: of a referral.
        others_at_device_and_address: others who share both; few do.
        traits_at_device: kinds of what names a person that somebody with one of the devices
            shares besides, and who has another address.
        shared_since: by kind of what names a person, or of devices, since when it is shared.
        standing_since, standing_reason: the day when it was set, and why, if the screen set it.
        anomaly: percentile of the anomaly models, 0 to 100.
        is_first_redemption, instrument_is_shared: of a redemption.
        above_cap, unverified: sentences that say what the terms demand and is not there.
        standing: the worse one of the focus's and the subscriber's.
        snoozed: rules that are silent about this subscriber for now.
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
    above_cap: str | None = None
    unverified: str | None = None
    standing: str = "normal"
    snoozed: tuple[str, ...] = field(default=())
    # Facts of before these were known have none.
    traits_at_device: tuple[str, ...] = field(default=())
    shared_since: tuple[Since, ...] = field(default=())
    standing_since: str | None = None
    standing_reason: str | None = None

    def content(self) -> dict[str, Any]:
        """The facts as JSON values; `from_content` reads them back."""
        return asdict(self)

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """The facts that an assessment kept."""
        said = dict(content)
        for name, kind in _PARTS.items():
            if said.get(name) is not None:
                said[name] = kind(**said[name])
        said["matches"] = tuple(Match(**match) for match in said["matches"])
        said["shared_since"] = tuple(Since(**each) for each in said.get("shared_since", ()))
        for name in ("snoozed", "traits_at_device"):
            said[name] = tuple(said.get(name, ()))
        return cls(**said)


_PARTS: Mapping[str, type] = {
    "money": Money,
    "ip": Place,
    "home": Place,
    "referrals": Referrals,
    "group": Group,
}
