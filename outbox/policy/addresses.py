"""Where messages may go: https, and no address inside the operator's own network.

Whoever may register a webhook could otherwise let this server knock at doors that only it can
reach, and read the answers' status off the list of messages.
"""

from collections.abc import Collection, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple
from urllib.parse import urlsplit

from kernel.refusals import Refusal

URL_LENGTH_MAX = 500
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# None is every port.
Ports = Collection[int] | None
_NAT64 = ip_network("64:ff9b::/96")
# All that IPv6 hands out to hosts of the internet; what lies outside is for networks' own use.
_UNICAST = ip_network("2000::/3")
# Public by their numbers, and no host's: relays of 6to4 and other protocols, documentation.
_OF_NOBODY = (
    ip_network("192.88.99.0/24"),
    ip_network("192.0.0.0/24"),
    ip_network("3fff::/20"),
)


class WebhookAddressRefused(Refusal):
    """Nothing is sent to such an address."""

    code = "webhook_address_refused"
    title = "Webhooks go to public https addresses only."


class Target(NamedTuple):
    """What of an address decides where a connection goes."""

    is_secure: bool
    host: str
    port: int


def target_of(url: str, *, allow_http: bool, ports: Ports) -> Target:
    """Read the address of an endpoint.

    Args:
        url: absolute, in ASCII.
        allow_http: let http pass, for trying things out on one machine.
        ports: those that may be reached.

    Raises:
        WebhookAddressRefused: no https, a name or password within, a fragment, no host, another
            port.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookAddressRefused("An address is written in ASCII, without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookAddressRefused("This is not an address.") from None
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        raise WebhookAddressRefused("The address must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise WebhookAddressRefused("The address must not hold a name or a password.")
    if parts.fragment or "#" in url:
        raise WebhookAddressRefused("The address must not have a fragment.")
    if not parts.hostname or port == 0:
        raise WebhookAddressRefused("The address must name a host.")
    is_secure = parts.scheme == "https"
    target = Target(is_secure, parts.hostname, port or (443 if is_secure else 80))
    if not is_open(target.port, ports):
        raise WebhookAddressRefused("The address must not name another port than those allowed.")
    return target


def is_open(port: int, ports: Ports) -> bool:
    """Whether webhooks may go to a port."""
    return ports is None or port in ports


def refused_address(host: str, allowed: Sequence[Network]) -> bool:
    """Whether `host` is an address itself, and one that nothing is sent to."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not is_allowed(address, allowed)


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a connection may go to an address: a public one, or one that was allowed.

    Args:
        address: as the name resolved at this very moment.
        allowed: networks of the operator's own that may be reached all the same.
    """
    # An IPv4 address in one of IPv6's disguises is judged as what it is.
    real = _undisguised(address)
    if any(real.version == network.version and real in network for network in allowed):
        return True
    if any(real.version == network.version and real in network for network in _OF_NOBODY):
        return False
    is_handed_out = real.version == 4 or real in _UNICAST
    return is_handed_out and real.is_global and not real.is_multicast and not real.is_reserved


def _undisguised(address: Address) -> Address:
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
