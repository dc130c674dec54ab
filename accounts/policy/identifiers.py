"""Identifiers: one normal form per kind, a keyed digest instead of the value, a masked hint."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import phonenumbers
from phonenumbers import geocoder

from accounts.policy.cards import normal_card
from accounts.policy.devices import normal_device
from accounts.policy.folding import compact, folded
from accounts.policy.ip_addresses import address_of, normal_ip
from accounts.policy.mailboxes import mailbox_of, normal_email
from accounts.policy.phones import msisdn_country, normal_msisdn
from accounts.policy.placeholders import Placeholder, is_placeholder

PASSPORT, CARD, PHONE, DEVICE, IP = "passport", "card", "phone", "device", "ip"
EMAIL, ADDRESS = "email", "address"
# What is said of subscribers.
KINDS = (PASSPORT, CARD, PHONE, DEVICE, IP, EMAIL, ADDRESS)
# The second digest of an e-mail address: all addresses of one mailbox have it in common.
MAILBOX = "mailbox"
KEPT_KINDS = (*KINDS, MAILBOX)


@dataclass(frozen=True, slots=True)
class IdentifierDigest:
    """What is kept of an identifier. The value itself is neither stored nor logged.

    Attributes:
        mailbox: of an e-mail address, what is kept of the mailbox that it leads to.
    """

    kind: str
    digest: bytes
    key_id: int
    hint: str
    place: "Place | None" = None
    mailbox: "IdentifierDigest | None" = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number or an address belongs: an ISO code and a region's English name, or ""."""

    country: str
    region: str = ""


def place_of_msisdn(msisdn: str) -> Place | None:
    """Country and, where its numbering tells it, region of an E.164 number; None if neither."""
    country = msisdn_country(msisdn)
    if not country:
        return None
    number = phonenumbers.parse(msisdn)
    described = geocoder.description_for_number(number, "en")
    # Without a region the library repeats the country.
    is_country = described == geocoder.country_name_for_number(number, "en")
    return Place(country, "" if is_country else described)


def normal_identifier(kind: str, value: str, region: str, test_ranges: Sequence[str] = ()) -> str:
    """The one form in which equal identifiers are equal strings.

    Args:
        region, test_ranges: of phone numbers, as `normal_msisdn` takes them.

    Raises:
        Placeholder: the value stands for "unknown".
        CardNumber: a card's own number; only its provider's fingerprint may be kept.
        ValueError: the value can't be of this kind. No words repeat it.
    """
    if is_placeholder(kind, value):
        raise Placeholder
    if kind == PHONE:
        return normal_msisdn(value, region, test_ranges)
    return _NORMAL_FORMS[kind](value)


def identifier_digest(
    kind: str, normal: str, keys: Mapping[int, str], key_id: int, place: Place | None = None
) -> IdentifierDigest:
    """HMAC-SHA-256 of a normal form, in a domain of its own per kind."""
    message = f"tenure:identifier:{kind}\x00{normal}".encode()
    digest = hmac.new(keys[key_id].encode(), message, sha256).digest()
    return IdentifierDigest(kind, digest, key_id, _hint(kind, normal), place)


_NORMAL_FORMS: dict[str, Callable[[str], str]] = {
    PASSPORT: lambda value: compact(value).upper(),
    CARD: normal_card,
    DEVICE: normal_device,
    IP: lambda value: normal_ip(address_of(value)),
    EMAIL: normal_email,
    MAILBOX: mailbox_of,
    ADDRESS: lambda value: " ".join(folded(value).split()),
}


def _hint(kind: str, normal: str) -> str:
    """Enough to tell two of one subscriber's identifiers apart, too little to guess the value."""
    if kind in (EMAIL, MAILBOX):
        local, _, domain = normal.rpartition("@")
        return f"{local[0]}…@{domain[0]}…"
    # All networks end alike.
    normal = normal.removesuffix("::/64")
    shown = 4 if len(normal) >= 12 else min(2, len(normal) // 4)
    return "…" + normal[len(normal) - shown :]
