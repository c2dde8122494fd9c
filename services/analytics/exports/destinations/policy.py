"""Where the operator of a server lets exports go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.exports.destinations.hosts import HostRule


@dataclass(frozen=True, slots=True)
class DestinationPolicy:
    """`folder_root` None: no folders. `object_store_hosts`: patterns of hosts. `private_hosts_allowed`: hosts inside,
    also for a vendor, whose address is then free."""

    folder_root: Path | None
    object_store_hosts: Sequence[str]
    private_hosts_allowed: bool = False

    def object_stores(self) -> HostRule:
        return HostRule(self.object_store_hosts, self.private_hosts_allowed)

    def vendor(self, hosts: Sequence[str]) -> HostRule:
        """The rule of a destination whose hosts are known: those of its vendor."""
        patterns = [*hosts, *(self.object_store_hosts if self.private_hosts_allowed else ())]
        return HostRule(patterns, self.private_hosts_allowed)
