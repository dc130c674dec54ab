"""IP addresses: which part names a subscriber, and which ones name nobody."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IpAddress = IPv4Address | IPv6Address

# A subscriber gets a network of 64 bits and changes the rest of the address at will (RFC 8981).
_PREFIX = 64
_WRITTEN_PREFIX = f"/{_PREFIX}"

# RFC 6890 and its updates, without the ranges of documentation (192.0.2.0/24, 198.51.100.0/24,
# 203.0.113.0/24, 2001:db8::/32): nobody has those, and examples and tests do.
_NOBODYS = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
    )
)
_NOBODYS_6 = tuple(
    IPv6Network(each)
    for each in ("::/127", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/9", "ff00::/8")
)
# Prefixes whose last 32 bits are an IPv4 address: the old notation, and NAT64 (RFC 6052).
_WITH_IPV4 = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))


def address_of(value: str) -> IpAddress:
    """The address that is meant: IPv4 also where IPv6 only carries it.

    Raises:
        ValueError: it is none; the library's own words would repeat the value.
    """
    written = value.strip()
    if ":" in written:
        written = written.removesuffix(_WRITTEN_PREFIX)
    try:
        address = ip_address(written)
    except ValueError:
        raise ValueError("This is not an IP address.") from None
    return address if isinstance(address, IPv4Address) else _carried(address) or address


def normal_ip(address: IpAddress) -> str:
    """An IPv4 address, or the network of 64 bits that an IPv6 address lies in."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> _PREFIX << _PREFIX, _PREFIX)))


def names_nobody(address: IpAddress) -> bool:
    """Whether many have it at once: unspecified, private, a carrier's own, of one link."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _NOBODYS)
    return any(address in network for network in _NOBODYS_6)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.teredo is not None:
        # The first 64 bits name the server, whose clients are strangers.
        return address.teredo[1]
    is_carried = any(address in network for network in _WITH_IPV4)
    if not is_carried or int(address) < 2:
        return None
    return IPv4Address(int(address) & 0xFFFF_FFFF)
