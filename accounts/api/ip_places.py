"""Where IP addresses are, told without a network: countries only."""

from functools import cache
from typing import Any

from geoip2fast import GeoIP2Fast

from accounts.policy.identifiers import Place

_TABLE = "geoip2fast-ipv6.dat.gz"


def offline_place(address: str) -> Place | None:
    """The country of an IPv4 or IPv6 address; None for private and unassigned ones."""
    found = _table().lookup(address)
    country = str(found.country_code)
    return Place(country) if len(country) == 2 and country.isalpha() else None


@cache
def _table() -> Any:
    return GeoIP2Fast(geoip2fast_data_file=_TABLE)
