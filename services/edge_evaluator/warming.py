"""Has the rule engine write its functions before a request needs them, beside the event loop."""

from __future__ import annotations

import asyncio

from bucketing.compiled import CompiledFlagSet
from service_kit.clock import Clock

_FLAGS_PER_STEP = 10


class Warmer:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def warm(self, compiled: CompiledFlagSet) -> None:
        """Returns at once; the flags are asked for one after the other in a thread."""
        task = asyncio.create_task(self._run(compiled), name="warm-flags")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, compiled: CompiledFlagSet) -> None:
        keys = list(compiled.flagset.flags)
        for start in range(0, len(keys), _FLAGS_PER_STEP):
            await asyncio.to_thread(self._ask, compiled, keys[start : start + _FLAGS_PER_STEP])

    def _ask(self, compiled: CompiledFlagSet, keys: list[str]) -> None:
        for key in keys:
            compiled.evaluate(key, {}, self._clock.now())
