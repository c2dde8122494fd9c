"""Limits on what people and programs ask of an API: by address before it is known who asks, then by person or token,
where reads and writes are counted apart. Joined over Redis where it is.

| limit | counted |
|---|---|
| `requests_per_address` | everything that an address asks, whoever it says to be |
| `reads_per_person`, `writes_per_person` | of somebody who is signed in, from wherever |
| `reads_per_token`, `writes_per_token` | of a program |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import HTTPConnection

from service_kit.clock import Clock
from service_kit.origins import address_of
from service_kit.rate_limits import RateLimit
from service_kit.workers.shared_counts import WorkerCounts

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Kind = Literal["user", "token", "system"]


@dataclass(frozen=True, slots=True)
class ActorRates:
    """A second, on average over ten. `reads` and `writes` are of one person, and of one token."""

    per_address: int = 2000
    reads: int = 1000
    writes: int = 500


class ActorLimits:
    """Of one service. `all` are what is joined with its other processes."""

    def __init__(self, rates: ActorRates, clock: Clock, counts: WorkerCounts | None = None) -> None:
        """`counts`: of the worker, where there are several."""
        self._address = RateLimit("requests_per_address", rates.per_address, clock, counts)
        self._actors = {
            ("user", True): RateLimit("reads_per_person", rates.reads, clock, counts),
            ("user", False): RateLimit("writes_per_person", rates.writes, clock, counts),
            ("token", True): RateLimit("reads_per_token", rates.reads, clock, counts),
            ("token", False): RateLimit("writes_per_token", rates.writes, clock, counts),
        }
        self.all = (self._address, *self._actors.values())

    def admit_address(self, request: HTTPConnection) -> None:
        """Before it is looked at who asks. Raises `TooManyRequests`."""
        _take(self._address, address_of(request), "too many requests from this address")

    def admit(self, kind: Kind, name: str, method: str) -> None:
        """Somebody who is known. Raises `TooManyRequests`."""
        reads = method in _SAFE
        limit = self._actors.get((kind, reads))
        if limit is not None:
            what = "reads" if reads else "writes"
            whose = "with this token" if kind == "token" else "of one person"
            _take(limit, name, f"too many {what} {whose}")


def _take(limit: RateLimit, name: str, refusal: str) -> None:
    if not limit.allowance(name).take():
        raise limit.refusal(refusal)
