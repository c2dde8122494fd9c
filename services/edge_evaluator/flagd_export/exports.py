"""The exports of environments, each made once for all who ask, beside the event loop."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec
from messages.sdk_keys import KeyKind, SdkKey
from service_kit.clock import Clock

from edge_evaluator.flagd_export.flags import exported
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.memory.states import State

_encode = msgspec.json.Encoder().encode


class WrittenExport(NamedTuple):
    """As JSON: flagd's configuration, and by key why a flag is not in it."""

    state: State
    configuration: str
    left_out: dict[str, str]


class FlagdExports:
    """Those of all environments; an environment that changes replaces its own."""

    def __init__(self, memory: FlagMemory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._written: dict[str, WrittenExport] = {}
        self._writing = asyncio.Lock()

    async def of(self, key: SdkKey) -> WrittenExport:
        """What the key's environment serves now; only for a server key."""
        async with self._writing:
            held = self._memory.held(key)
            state = held.views[KeyKind.SERVER].announced
            found = self._written.get(key.environment_id)
            if found is None or found.state != state:
                export = await asyncio.to_thread(exported, held.config, self._clock.now())
                text = await asyncio.to_thread(_encode, export.document)
                found = WrittenExport(state, text.decode(), dict(export.left_out))
                self._written[key.environment_id] = found
                self._forget_gone()
            return found

    def _forget_gone(self) -> None:
        for environment_id in self._written.keys() - self._memory.environments.keys():
            del self._written[environment_id]
