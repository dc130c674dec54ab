"""Identifiers: one normal form per kind, a keyed digest instead of the value, a masked hint."""

import hmac
import ipaddress
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import phonenumbers
from phonenumbers import geocoder

KINDS = ("passport", "card", "phone", "device", "ip", "email", "address")


@dataclass(frozen=True, slots=True)
class IdentifierDigest:
    """What is kept of an identifier. The value itself is neither stored nor logged."""

    kind: str
    digest: bytes
    key_id: int
    hint: str
    place: "Place | None" = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number or an address belongs: an ISO code and a region's English name, or ""."""

    country: str
    region: str = ""


def normal_msisdn(value: str, region: str) -> str:
    """A phone number in E.164 form, "+79161234567"; `region` reads national numbers.

    Raises:
        ValueError: it can't be a phone number.
    """
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise ValueError("This is not a phone number.") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("A phone number has another length.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def msisdn_country(msisdn: str) -> str:
    """The ISO code of the country of an E.164 number, empty where it has none."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(msisdn))
    # Satellite and toll-free numbers belong to the whole world.
    return region if region and region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else ""


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


def normal_identifier(kind: str, value: str, region: str) -> str:
    """The one form in which equal identifiers are equal strings.

    Raises:
        ValueError: the value can't be of this kind.
    """
    if kind == "phone":
        return normal_msisdn(value, region)
    normal = _NORMAL_FORMS[kind](value)
    if not normal:
        raise ValueError("Nothing is left of this value.")
    return normal


def identifier_digest(
    kind: str, normal: str, keys: Mapping[int, str], key_id: int, place: Place | None = None
) -> IdentifierDigest:
    """HMAC-SHA-256 of a normal form, in a domain of its own per kind."""
    message = f"tenure:identifier:{kind}\x00{normal}".encode()
    digest = hmac.new(keys[key_id].encode(), message, sha256).digest()
    return IdentifierDigest(kind, digest, key_id, _hint(kind, normal), place)


def _compact(value: str) -> str:
    return "".join(_folded(value).split()).upper()


def _folded(value: str) -> str:
    """Without differences of case, width and composition that no reader sees."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def _normal_ip(value: str) -> str:
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        # The library's own words repeat the value, which must stand in no answer and no log.
        raise ValueError("This is not an IP address.") from None
    # A server that listens on both protocols shows an IPv4 client within an IPv6 address.
    return str(getattr(address, "ipv4_mapped", None) or address)


def _normal_email(value: str) -> str:
    local, at, domain = _folded(value).strip().rpartition("@")
    if not (local and at and domain):
        raise ValueError("An e-mail address has a name and a domain.")
    return f"{local}@{domain}"


_NORMAL_FORMS: dict[str, Callable[[str], str]] = {
    "passport": _compact,
    "card": str.strip,
    "device": str.strip,
    "ip": _normal_ip,
    "email": _normal_email,
    "address": lambda value: " ".join(_folded(value).split()),
}


def _hint(kind: str, normal: str) -> str:
    """Enough to tell two of one subscriber's identifiers apart, too little to guess the value."""
    if kind == "email":
        local, _, domain = normal.rpartition("@")
        return f"{local[0]}…@{domain[0]}…"
    shown = 4 if len(normal) >= 12 else min(2, len(normal) // 4)
    return "…" + normal[len(normal) - shown :]
