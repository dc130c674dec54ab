"""Where messages may go."""

from ipaddress import ip_address, ip_network

import pytest

from outbox.policy.addresses import (
    WebhookAddressRefused,
    is_allowed,
    refused_address,
    target_of,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1",
        "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "ff0e::1", "2001:db8::1",
        # IPv4 in disguise: mapped, 6to4, NAT64 and Teredo.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        # Site-local, relays of 6to4, documentation, local NAT64, IPv4-compatible, unassigned.
        "fec0::1", "192.88.99.1", "2002:c058:6301::", "::ffff:192.88.99.1", "192.0.0.8",
        "3fff::1", "64:ff9b:1::8.8.8.8", "::8.8.8.8", "4000::1", "5f00::1", "fe00::1",
    ],
)  # fmt: skip
def test_nothing_is_sent_inside(address: str) -> None:
    assert not is_allowed(ip_address(address), [])
    assert refused_address(address, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    assert is_allowed(ip_address(address), [])


def test_an_operator_may_allow_networks_of_their_own() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    assert is_allowed(ip_address("10.1.2.3"), allowed)
    assert is_allowed(ip_address("::ffff:10.1.2.3"), allowed)
    assert is_allowed(ip_address("fd00::7"), allowed)
    assert not is_allowed(ip_address("10.2.0.1"), allowed)


def test_a_name_is_judged_when_it_is_resolved() -> None:
    assert not refused_address("localhost", [])


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//example.com", "ftp://example.com", "http://example.com", "https://",
        "https:///path", "https://user@example.com", "https://user:pass@example.com",
        "https://example.com#part", "https://example.com/#", "https://example.com:99999",
        "https://example.com:0", "https://[::1", "https://exämple.com", "https://a b.com",
        "https://example.com:22", "https://example.com:8443", "https://example.com:80",
        "javascript:alert(1)", "file:///etc/passwd", "https://example.com\n.evil",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_refused(url: str) -> None:
    with pytest.raises(WebhookAddressRefused):
        target_of(url, allow_http=False, ports={443})


def test_reads_a_good_one() -> None:
    assert target_of("https://crm.example.com/hooks?x=1", allow_http=False, ports={443}) == (
        True, "crm.example.com", 443,
    )  # fmt: skip
    assert target_of("http://127.0.0.1:8080/", allow_http=True, ports=None) == (
        False,
        "127.0.0.1",
        8080,
    )


def test_an_operator_may_open_further_ports() -> None:
    assert target_of("https://a.example:8443/", allow_http=False, ports={443, 8443}).port == 8443
    with pytest.raises(WebhookAddressRefused, match="port"):
        target_of("https://a.example:8444/", allow_http=False, ports={443, 8443})
