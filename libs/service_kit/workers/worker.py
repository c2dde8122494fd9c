"""One of the processes that serve a port: which one it is, and what it has together with the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_hex

from service_kit.workers.link import Link
from service_kit.workers.ports import Sockets
from service_kit.workers.shared_counts import WorkerCounts

Readiness = Callable[[], Awaitable[str | None]]


async def _is_ready() -> str | None:
    return None


@dataclass(slots=True, kw_only=True)
class Worker:
    """By default the only one of its service. `group`: what all workers of one supervisor call themselves.

    `rates` and `levels`: what is counted together, in a time and at this moment. `sockets`, `admin_sockets`: of the
    ports, by worker; empty where the server opens its own. `readiness`: why this worker alone is not ready."""

    number: int = 0
    count: int = 1
    group: str = field(default_factory=lambda: token_hex(3))
    rates: WorkerCounts | None = None
    levels: WorkerCounts | None = None
    link: Link | None = None
    sockets: Sockets = ()
    admin_sockets: Sockets = ()
    readiness: Readiness = _is_ready

    @property
    def is_first(self) -> bool:
        """Does what one of them does for all, such as writing a file."""
        return self.number == 0

    def part(self, total: int) -> int:
        """This worker's part of what the service may hold in all."""
        return -(-total // self.count)
