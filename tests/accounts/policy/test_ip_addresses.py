"""IP addresses: a network of 64 bits is one subscriber; IPv4 stays IPv4."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policy.ip_addresses import address_of, names_nobody, normal_ip

NETWORKS = st.integers(0x2000_0000_0000_0000, 0x3FFF_FFFF_FFFF_FFFF).filter(
    # Teredo's and 6to4's carry IPv4.
    lambda network: network >> 32 != 0x2001_0000
)


def normal(text: str) -> str:
    return normal_ip(address_of(text))


@given(network=NETWORKS, one=st.integers(0, 2**64 - 1), other=st.integers(0, 2**64 - 1))
def test_addresses_of_one_network_are_one(network: int, one: int, other: int) -> None:
    first, second = (IPv6Address(network << 64 | host) for host in (one, other))
    assert normal(str(first)) == normal(second.exploded.upper())
    assert normal(str(first)) == str(IPv6Network((network << 64, 64)))
    assert normal(normal(str(first))) == normal(str(first))


@given(one=NETWORKS, other=NETWORKS)
def test_two_networks_are_two(one: int, other: int) -> None:
    first, second = (normal(str(IPv6Address(network << 64 | 1))) for network in (one, other))
    assert (first == second) == (one == other)


@given(st.integers(2**24, 2**32 - 1))
def test_what_ipv6_carries_is_ipv4(value: int) -> None:
    address = IPv4Address(value)
    for prefix in ("::ffff:", "::", "64:ff9b::"):
        assert normal(f"{prefix}{address}") == str(address)


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.1", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1"),
        *("169.254.1.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8"),
        *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1"),
        *("fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:10.0.0.1"),
        "64:ff9b::192.168.1.1",
    ],
)
def test_what_many_have_at_once_names_nobody(text: str) -> None:
    assert names_nobody(address_of(text))


@pytest.mark.parametrize(
    "text",
    [
        *("8.8.8.8", "1.1.1.1", "1.2.3.4", "100.63.255.255", "100.128.0.1", "172.15.0.1"),
        *("172.32.0.1", "192.169.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "223.255.0.1"),
        *("2001:db8::1", "2a00:1450::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_other_addresses_name_a_subscriber(text: str) -> None:
    assert not names_nobody(address_of(text))


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "256.1.1.1", "1.2.3.4/64", "x", "::/63", "1.2.3.4:80"]
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        address_of(text)
