"""The intake of verdicts: one by one from the bus, each ruled on once.

A verdict is ruled on and committed, then acknowledged: whatever dies in between, it comes again, and its place in the
stream says that it was taken.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from messages.events import INTEGER_MAX
from messages.subjects import VERDICTS, environment_of
from messages.verdicts import UnreadableVerdict, Verdict, verdict_of
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Unavailable
from streams import BatchConsumer, Bus, BusError, Message, StreamSpec

from control_plane.database import BUSY, EVERY_TENANT, Database, settled
from control_plane.verdicts.documents import moment
from control_plane.verdicts.models import Outcome
from control_plane.verdicts.rulings import GuardedRollouts, NotTaken, Ruled, rule
from control_plane.verdicts.telemetry import VerdictTelemetry

_DURABLE = "rulings"
_FETCH_SECONDS = 2.0
_ACK_WAIT_SECONDS = 15.0
_ACK_PENDING_MAX = 100
_RULING_SECONDS = 10.0
_AGAIN_SECONDS = 1.0
_log = get_logger("verdicts")


class VerdictIntake:
    """Runs in any number of processes at once."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        stream: StreamSpec,
        clock: Clock,
        rollouts: GuardedRollouts,
        telemetry: VerdictTelemetry,
    ) -> None:
        self._database = database
        self._bus = bus
        self._stream = stream
        self._clock = clock
        self._rollouts = rollouts
        self._telemetry = telemetry

    async def run(self) -> None:
        """Until it is cancelled. Waits while the bus is away; raises `Unavailable`, and begun again goes on where it
        was."""
        while True:
            try:
                await self._follow()
            except BusError as error:
                if self._bus.connected:
                    _log.warning("verdicts can't be read, trying again", reason=str(error))
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self) -> None:
        if left := await self._bus.ensure_stream(self._stream):
            _log.warning("the stream of verdicts stays as it is", reason=left)
        consumer = await self._bus.pull(
            VERDICTS,
            _DURABLE,
            filter_subject="verdicts.>",
            ack_wait_seconds=_ACK_WAIT_SECONDS,
            max_ack_pending=_ACK_PENDING_MAX,
        )
        while True:
            await self.turn(consumer, _FETCH_SECONDS)

    async def turn(self, consumer: BatchConsumer, seconds: float) -> None:
        """Takes one, or waits so long for one. More at once would wait for each other's arrival."""
        for message in await consumer.fetch(1, seconds):
            try:
                await self._take(message)
            except BaseException as error:
                # Else a figure of before would say that nothing waits, for as long as none can be taken.
                self._tell_oldest(message.published_at)
                await message.nak(_AGAIN_SECONDS)
                # What somebody holds is the trouble of this rollout alone: the others are looked after meanwhile.
                if not isinstance(error, Unavailable) or error.code != BUSY:
                    raise
                self._telemetry.refused.labels("busy").inc()
        self._tell_oldest(await consumer.oldest_pending_at())

    def _tell_oldest(self, published_at: float | None) -> None:
        age = 0.0 if published_at is None else (self._clock.now() - published_at) / 1000
        self._telemetry.waiting_seconds.set(max(0.0, age))

    async def _take(self, message: Message) -> None:
        try:
            verdict = _read(message)
            ruled = await settled(lambda: self._ruled(verdict, message.sequence))
        except NotTaken as refused:
            self._telemetry.refused.labels(refused.reason).inc()
            if refused.reason != "repeated":
                _log.info("a verdict is passed over", sequence=message.sequence, reason=refused.reason)
        else:
            self._telemetry.taken.labels(ruled.outcome).inc()
            for done in ruled.incidents:
                self._telemetry.incidents.labels(done).inc()
            if ruled.outcome is Outcome.ACTED:
                self._telemetry.acted_after.observe(max(0, self._clock.now() - message.published_at) / 1000)
        await message.ack()

    async def _ruled(self, verdict: Verdict, sequence: int) -> Ruled:
        async with self._database.transaction(seconds=_RULING_SECONDS, tenancy=EVERY_TENANT) as tx:
            return await rule(tx, verdict, sequence, self._rollouts)


def _read(message: Message) -> Verdict:
    """Checked as far as it can be without the database. Raises NotTaken."""
    try:
        verdict = verdict_of(message.payload)
        UUID(verdict.rollout_id), UUID(verdict.environment_id)
        moment(verdict.looked_at)
        for each in verdict.findings:
            moment(each.data_until)
    except (UnreadableVerdict, ValueError, OverflowError, OSError) as error:
        _log.error("no verdict", sequence=message.sequence, reason=f"{type(error).__name__}: {error}")
        raise NotTaken("unreadable") from None
    if environment_of(message.subject) != verdict.environment_id:
        raise NotTaken("another_environment")
    texts = (verdict.monitor_id, *(text for each in verdict.findings for text in (each.guard, each.sentence)))
    if max(verdict.revision, verdict.epoch) > INTEGER_MAX or any("\x00" in each for each in texts):
        raise NotTaken("unreadable")
    return verdict
