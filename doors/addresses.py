"""Where a request comes from, also behind proxies."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Network = IPv4Network | IPv6Network
UNKNOWN = "0.0.0.0"  # noqa: S104 (no address of ours: the word for none)


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever sent the request, as far as it can be believed.

    `X-Forwarded-For` is believed as far as trusted proxies (`TRUSTED_PROXIES`) wrote it: read
    from the right, the first address that is none of theirs. Without trusted proxies it is not
    read at all, because anybody may send it.
    """
    networks = _networks(tuple(settings.TRUSTED_PROXIES))
    address = _normal(request.META.get("REMOTE_ADDR", ""))
    said = request.META.get("HTTP_X_FORWARDED_FOR", "")
    for hop in reversed(said.split(",") if said else []):
        if not _is_trusted(address, networks):
            break
        before = _normal(hop)
        if before == UNKNOWN:
            # What isn't an address was not written by a proxy.
            break
        address = before
    return address


def _normal(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return UNKNOWN


def _is_trusted(address: str, networks: tuple[Network, ...]) -> bool:
    return any(ip_address(address) in network for network in networks)


@lru_cache
def _networks(trusted: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in trusted)
