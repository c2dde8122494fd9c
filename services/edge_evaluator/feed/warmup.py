"""Warm-up: the rule engine writes its functions before a request needs them, beside the event loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

from bucketing.compiled import CompiledFlagSet
from service_kit.logs import get_logger

_log = get_logger("warm-up")
_STEPS_AT_ONCE = 4
_PAUSE_SECONDS = 0.05
_BREATH_SECONDS = 0.002
_ALONE_FLAGS_MAX = 1000
"""In larger sets the function that decides one flag alone is written when that flag is first asked for: a fraction of
a millisecond once, instead of a third of the memory."""


class Warmer:
    """One thread's worth of work at a time; of an environment only the newest set is worth warming."""

    def __init__(self) -> None:
        self._newest: dict[str, CompiledFlagSet] = {}
        self._asked = asyncio.Event()
        self._frozen = False

    def warm(self, environment_id: str, compiled: CompiledFlagSet) -> None:
        """Returns at once; `run` does it."""
        self._newest[environment_id] = compiled
        self._asked.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._asked.wait()
            await asyncio.sleep(_PAUSE_SECONDS)
            while self._newest:
                environment_id, compiled = self._newest.popitem()
                try:
                    alone = len(compiled.served) <= _ALONE_FLAGS_MAX
                    await self._write(environment_id, compiled.prepare(alone=alone))
                except Exception as error:
                    # Each flag is prepared again when it is asked for.
                    _log.error("an environment is not warm", environment=environment_id, exc_info=error)
            self._asked.clear()
            if not self._frozen:
                # What was loaded at the start stays: the collector need not walk through it again and again.
                self._frozen = True
                gc.freeze()

    async def _write(self, environment_id: str, steps: Iterator[None]) -> None:
        while await asyncio.to_thread(_advance, steps):
            await asyncio.sleep(_BREATH_SECONDS)
            if environment_id in self._newest:
                return


def _advance(steps: Iterator[None]) -> bool:
    """Whether there may be more to do."""
    return all(next(steps, _DONE) is not _DONE for _ in range(_STEPS_AT_ONCE))


_DONE = object()
