"""Hosts that a tenant names must not lead into the network that the service stands in.

Two locks: the name must fit a pattern that the operator allows (so nobody brings a name whose addresses they change
between check and use), and the one guard of typed addresses must let it pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from service_kit.outbound import AddressRefused, OutboundGuard, Target, addresses_now, target_of
from service_kit.problems import FieldError

from analytics.exports.errors import DestinationAway, DestinationRefused


class HostRule:
    """The hosts that may be named.

    `patterns`: host names in which `*` stands for one label. What `guard` lets people name inside may be named here,
    too, by http and with ports."""

    def __init__(self, patterns: Sequence[str], guard: OutboundGuard) -> None:
        self._patterns = [re.compile(re.escape(each.lower()).replace(r"\*", "[a-z0-9_-]+")) for each in patterns]
        self._guard = guard

    def problem(self, endpoint: str) -> str | None:
        """What is wrong with `https://host[:port]` (or a host alone) as written, without asking anybody; else None."""
        url = endpoint if "://" in endpoint else f"https://{endpoint}"
        try:
            target = target_of(url)
        except AddressRefused as refused:
            return refused.reason
        if url.partition("://")[2].partition("/")[2] or "?" in url:
            return "must be a host name, or https:// and a host name"
        if self._guard.allows(target.host):
            return None
        if not any(pattern.fullmatch(target.host) for pattern in self._patterns):
            return "is not a host that exports may go to; the operator of this server allows hosts"
        if (target.scheme, target.port) != ("https", 443):
            return "must be reached by https on its usual port"
        return None

    def refusal(self, endpoint: str) -> FieldError | None:
        """The problem as the API tells it; an empty endpoint is the destination's own."""
        problem = self.problem(endpoint) if endpoint else None
        return FieldError("destination.endpoint", "host_not_allowed", problem) if problem else None

    def check(self, host: str) -> None:
        """Looks the host up. Raises DestinationRefused when an address of it is not public, DestinationAway when it
        has none."""
        try:
            found = addresses_now(host, 443)
        except OSError:
            raise DestinationAway("host_unknown", f"the host {host} has no address") from None
        try:
            self._guard.judged(Target("https", host.lower(), 443), found)
        except AddressRefused:
            raise DestinationRefused("host_not_public", f"the host {host} leads into a private network") from None
