"""Where the operator of a server lets exports go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service_kit.outbound import OutboundGuard

from analytics.exports.destinations.hosts import HostRule


@dataclass(frozen=True, slots=True)
class DestinationPolicy:
    """`folder_root` None: no folders. `object_store_hosts`: patterns of hosts. `guard`: judges where they lead, and
    knows the hosts inside that may be named all the same, also for a vendor, whose address is then free."""

    folder_root: Path | None
    object_store_hosts: Sequence[str]
    guard: OutboundGuard = field(default_factory=OutboundGuard)

    def object_stores(self) -> HostRule:
        return HostRule(self.object_store_hosts, self.guard)

    def vendor(self, hosts: Sequence[str]) -> HostRule:
        """The rule of a destination whose hosts are known: those of its vendor."""
        return HostRule(hosts, self.guard)
