"""Which addresses of the internet protocol are public, in whatever form they are wrapped, and which others an operator
allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, TypeAlias

from service_kit.setting_values import Reads

Address: TypeAlias = IPv4Address | IPv6Address

# The registries of special-purpose addresses (RFC 6890 and what came after), and what clouds answer machines on.
_V4_INSIDE = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_V6_GLOBAL = IPv6Network("2000::/3")
_V6_INSIDE = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_TRANSLATED = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}|\*)(?:\.(?:{_LABEL}|\*))*")
_IN_NUMBERS = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


def is_public(address: Address) -> bool:
    """Whether it is one of the internet. An IPv4 address that is mapped, translated (NAT64) or tunnelled (6to4, ISATAP)
    is judged as itself; Teredo isn't public."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _V4_INSIDE)
    if address.scope_id is not None:
        return False
    low = int(address) & 0xFFFFFFFF
    if address.ipv4_mapped is not None or address in _TRANSLATED:
        return is_public(IPv4Address(low))
    if address not in _V6_GLOBAL or any(address in network for network in _V6_INSIDE):
        return False
    if address in _SIX_TO_FOUR:
        return is_public(IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
    return int(address) >> 32 & 0xFFFFFFFF not in _ISATAP or is_public(IPv4Address(low))


def is_in_numbers(host: str) -> bool:
    """Whether resolvers may take a name for an address: its last label is a number."""
    return _IN_NUMBERS.fullmatch(host) is not None


def _listed(value: Any) -> tuple[str, ...]:
    each_named = value.split(",") if isinstance(value, str) else value
    named = tuple(name for each in each_named if (name := each.strip().lower()))
    for each in named:
        try:
            _network(each)
        except ValueError:
            raise ValueError(
                "must be host names (* stands for one label), IP addresses or networks like 10.0.0.0/8 with commas "
                "between them"
            ) from None
    return named


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """None for a host name. Raises ValueError for what is neither."""
    if _NAME.fullmatch(text) and not is_in_numbers(text):
        return None
    return ip_network(text)


AllowedHosts = Annotated[tuple[str, ...], Reads(_listed)]
"""A setting: host names, IP addresses and networks with commas between them."""


class AllowList:
    """Hosts inside that an operator lets people name."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        networks = {each: _network(each) for each in _listed(tuple(allowed))}
        self._networks = [network for network in networks.values() if network is not None]
        patterns = (re.escape(each).replace(r"\*", "[a-z0-9_-]+") for each, network in networks.items() if not network)
        self._names = [re.compile(pattern) for pattern in patterns]

    def has_name(self, host: str) -> bool:
        return any(name.fullmatch(host) for name in self._names)

    def has_address(self, address: Address) -> bool:
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def parsed(text: str) -> Address:
    """An address as a resolver writes it. Raises ValueError."""
    return ip_address(text)
