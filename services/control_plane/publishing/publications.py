"""Publishing in a term: until the stream has it, or followers have been told of it because the stream takes nothing.

A stream elects a leader for four to nine seconds when its own is lost, and no setting changes that; what the bus
carries without a stream arrives meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

from service_kit.logs import get_logger
from service_kit.problems import Unavailable
from service_kit.tasks import end
from streams import BusError, BusUnavailable

from control_plane.database import Database
from control_plane.publishing import queries
from control_plane.publishing.compiler import CompiledEnvironment, Compiler
from control_plane.publishing.drafts import Draft
from control_plane.publishing.publisher import Fenced, Publication, Publisher
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.publishing.turns import Turn

_TELL_AFTER_SECONDS, _TELL_AGAIN_SECONDS = 0.5, 1.0
_TELL_AT_ONCE = 3
_AGAIN_SECONDS, _AGAIN_SECONDS_MAX = 0.25, 2.0
_AGAIN_SHARE = 0.02
"""Seconds more before the next attempt for each environment that waits."""
_log = get_logger("relay")


class Publications:
    """What one leader publishes, each environment once at a time."""

    def __init__(self, database: Database, telemetry: RelayTelemetry, compiler: Compiler, publisher: Publisher) -> None:
        self._database = database
        self._telemetry = telemetry
        self._compiler = compiler
        self._publisher = publisher
        self._telling = asyncio.Semaphore(_TELL_AT_ONCE)
        self._attempts: dict[UUID, int] = {}
        self._told: dict[UUID, Draft] = {}

    @property
    def waits(self) -> bool:
        """Whether there is something that the stream hasn't taken."""
        return bool(self._attempts)

    async def store(self, environment_id: UUID, compiled: CompiledEnvironment, turn: Turn) -> Publication:
        """Publishes. Where that takes long, followers are told, also of what is written meanwhile, and the turn
        ends. Raises as `Publisher.publish`, `Unavailable`."""
        storing = asyncio.create_task(self._publisher.publish(compiled))
        try:
            # While others wait for the stream, nobody waits to see whether it takes this.
            await asyncio.wait({storing}, timeout=0 if self.waits else _TELL_AFTER_SECONDS)
            while not storing.done():
                turn.end()
                await self._tell(environment_id)
                await asyncio.wait({storing}, timeout=_TELL_AGAIN_SECONDS)
            if isinstance(storing.exception(), BusUnavailable):
                await self._tell(environment_id)
            return storing.result()
        finally:
            await end([storing])
            if not storing.cancelled():
                # It may have failed beside something else that did.
                storing.exception()

    def settled(self, environment_id: UUID) -> None:
        """It doesn't wait for the stream."""
        self._attempts.pop(environment_id, None)
        self._told.pop(environment_id, None)

    def failed(self, environment_id: UUID, error: BusUnavailable) -> float:
        """In how many seconds it may be tried again: the longer the more often it failed, and the more others wait."""
        if not self._attempts:
            _log.warning("the stream takes nothing at the moment", reason=str(error))
        attempts = self._attempts[environment_id] = self._attempts.get(environment_id, 0) + 1
        rest: float = _AGAIN_SECONDS * 2 ** min(attempts, 8)
        return min(rest, _AGAIN_SECONDS_MAX) + _AGAIN_SHARE * len(self._attempts)

    async def _tell(self, environment_id: UUID) -> None:
        """Of the newest version. Nobody may be there to hear it: it is told again."""
        if not self._publisher.can_tell(str(environment_id)):
            return
        try:
            async with self._telling:
                compiled = await self._compiler.compile(environment_id)
                draft = None if compiled is None else self._publisher.to_tell(compiled)
                if draft is None:
                    return
                if self._told.get(environment_id) is not draft:
                    await self._note(environment_id, draft)
                    self._told[environment_id] = draft
                    self._telemetry.told.inc()
        except Unavailable as error:
            # Ending the term would end telling for as long as the stream can't be read.
            _log.warning("not told", environment=environment_id, error=str(error))
            return
        with contextlib.suppress(BusError):
            await self._publisher.tell(draft)

    async def _note(self, environment_id: UUID, draft: Draft) -> None:
        epoch, version = self._publisher.epoch, draft.compiled.version
        subjects = sorted({*self._publisher.said(str(environment_id)), *draft.entries})
        async with self._database.connection() as connection:
            if not await queries.note_telling(connection, environment_id, version, epoch, subjects):
                raise Fenced(f"epoch {epoch} is over")
