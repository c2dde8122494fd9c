"""Hosts that a tenant names must not lead into the network that the service stands in.

Two locks: the name must fit a pattern that the operator allows (so nobody brings a name whose addresses they change
between check and use), and every address it has must be public.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from service_kit.problems import FieldError

from analytics.exports.errors import DestinationAway, DestinationRefused

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class HostRule:
    """The hosts that may be named.

    `patterns`: host names in which `*` stands for one label. `private_allowed`: for operators whose stores are
    inside; it also allows http and ports."""

    def __init__(self, patterns: Sequence[str], private_allowed: bool) -> None:
        self._patterns = [re.compile(re.escape(each.lower()).replace(r"\*", "[a-z0-9_-]+")) for each in patterns]
        self._private_allowed = private_allowed

    def problem(self, endpoint: str) -> str | None:
        """What is wrong with `https://host[:port]` (or a host alone) as written, without asking anybody; else None."""
        try:
            address = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
            port = address.port
        except ValueError:
            return "must be a host name, or https:// and a host name"
        host = (address.hostname or "").lower()
        if not host or address.path not in ("", "/") or address.query or address.fragment or "@" in address.netloc:
            return "must be a host name, or https:// and a host name"
        if not any(pattern.fullmatch(host) for pattern in self._patterns):
            return "is not a host that exports may go to; the operator of this server allows hosts"
        if not self._private_allowed and (address.scheme != "https" or port not in (None, 443)):
            return "must be reached by https on its usual port"
        return None

    def refusal(self, endpoint: str) -> FieldError | None:
        """The problem as the API tells it; an empty endpoint is the destination's own."""
        problem = self.problem(endpoint) if endpoint else None
        return FieldError("destination.endpoint", "host_not_allowed", problem) if problem else None

    def check(self, host: str) -> None:
        """Looks the host up. Raises DestinationRefused when an address of it is not public, DestinationAway when it
        has none."""
        if self._private_allowed:
            return
        try:
            found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise DestinationAway("host_unknown", f"the host {host} has no address") from None
        for *_, address in found:
            if not is_public(str(address[0])):
                raise DestinationRefused("host_not_public", f"the host {host} leads into a private network")


def is_public(address: str) -> bool:
    """Whether an address is one of the internet: also what is wrapped in IPv6 is looked at."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast
