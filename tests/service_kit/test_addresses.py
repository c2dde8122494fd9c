"""Which addresses are public, in every notation and wrapping; and what an operator may allow."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from service_kit.addresses import AllowedHosts, AllowList, is_in_numbers, is_public
from service_kit.setting_values import read_value

INSIDE = {
    "loopback": ["127.0.0.1", "127.8.9.10", "127.255.255.255", "::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "link-local": ["169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"],
    "metadata": [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
    ],
    "carrier-grade": ["100.64.0.1", "100.127.255.255"],
    "site-local": ["fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "broadcast": ["255.255.255.255"],
    "reserved": ["240.0.0.1", "192.0.0.1", "198.18.0.1", "100::1", "4000::1", "5f00::1", "2001:2::1", "2001:20::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:0"],
    "compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"],
    "6to4 relay": ["192.88.99.1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "ISATAP": ["2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1"],
}


@pytest.mark.parametrize(("kind", "address"), [(kind, each) for kind, found in INSIDE.items() for each in found])
def test_an_address_inside_is_not_public(kind: str, address: str) -> None:
    assert not is_public(ip_address(address)), kind


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:81b::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2606:4700::5efe:8.8.8.8",
    ],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "1.2.3.4", "a.1", "a.0x"]
)
def test_what_resolvers_take_for_an_address_is_known(host: str) -> None:
    assert is_in_numbers(host)


@pytest.mark.parametrize("host", ["example.com", "1.example", "0x7f.example.com", "a1", "3com.com"])
def test_a_name_with_numbers_is_a_name(host: str) -> None:
    assert not is_in_numbers(host)


def test_what_is_allowed_is_names_addresses_and_networks() -> None:
    allowed = AllowList(["hooks.internal", "*.corp.example", "10.1.0.0/16", "127.0.0.1", "fd00::/8"])
    assert allowed.has_name("hooks.internal")
    assert allowed.has_name("a.corp.example")
    assert not any(map(allowed.has_name, ["corp.example", "a.b.corp.example", "hooksxinternal", "x.hooks.internal"]))
    for address, is_allowed in {
        "10.1.2.3": True,
        "10.2.0.1": False,
        "127.0.0.1": True,
        "127.0.0.2": False,
        "::ffff:10.1.2.3": True,
        "fd00::1": True,
        "fe80::1": False,
    }.items():
        assert allowed.has_address(ip_address(address)) is is_allowed
    assert not AllowList().has_address(ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "10.0.0.1/8", "http://a.b", "a..b", "*", "a b", "127.1", "a/b", "[::1]"]
)
def test_a_setting_that_is_neither_is_refused(text: str) -> None:
    assert read_value(AllowedHosts, "A.example, 10.0.0.0/8,") == ("a.example", "10.0.0.0/8")
    if text != "*":
        with pytest.raises(ValueError, match="host names"):
            read_value(AllowedHosts, text)
