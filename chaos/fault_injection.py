"""The faults of a plan, one after another and over each other, while events flow."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from .plan import Fault, FaultKind
from .proxy import FaultProxy
from .supervisor import Supervisor

_DELAY_SECONDS = 0.15


class FaultInjection:
    """`done` counts the faults by kind."""

    def __init__(self, supervisor: Supervisor, proxies: Mapping[str, FaultProxy]) -> None:
        self._supervisor = supervisor
        self._proxies = proxies
        self._turns = {name: asyncio.Lock() for name in proxies}
        self.done: Counter[str] = Counter()

    async def run(self, faults: Sequence[Fault]) -> None:
        """Begins each fault at its time; faults of one part wait for each other. Everything is mended at the end."""
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, fault.at - (time.monotonic() - started)))
                group.create_task(self._inflict(fault))

    async def _inflict(self, fault: Fault) -> None:
        if fault.kind is FaultKind.KILL:
            async with self._supervisor.down(fault.target):
                await asyncio.sleep(fault.seconds)
        elif fault.kind is FaultKind.PAUSE:
            async with self._supervisor.paused(fault.target):
                await asyncio.sleep(fault.seconds)
        else:
            async with self._turns[fault.target]:
                await self._disturb(self._proxies[fault.target], fault)
        self.done[fault.kind] += 1

    async def _disturb(self, proxy: FaultProxy, fault: Fault) -> None:
        try:
            if fault.kind is FaultKind.DELAY:
                proxy.latency_seconds = _DELAY_SECONDS
            elif fault.kind is FaultKind.CUT:
                proxy.cut()
            else:
                proxy.swallow()
                if fault.kind is FaultKind.FORGET:
                    proxy.forget()
            await asyncio.sleep(fault.seconds)
        finally:
            proxy.mend()
