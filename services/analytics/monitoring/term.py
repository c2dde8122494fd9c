"""The term of a monitor: who looks. It stands on a subject of VERDICTS, and fences all that is published under it.

It is taken and renewed by a message that expects the last one there. A verdict, too, is stored only while that message
is the last, so that a monitor that was frozen can say nothing once another one has a term. Times are the bus's.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from google.protobuf.message import DecodeError
from messages.generated import verdict_pb2 as pb
from messages.subjects import MONITOR_TERM, VERDICTS
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError, Delivered, ExpectedLast, WrongLastSequence

_log = get_logger("monitor")


class TermLost(Exception):
    """Another monitor looks, or may by now."""


class Term:
    """One per process. `seconds`: how long it may be silent before another one takes over."""

    def __init__(self, bus: Bus, clock: Clock, monitor_id: str, seconds: float) -> None:
        self._bus = bus
        self._clock = clock
        self._monitor_id = monitor_id
        self._seconds = seconds
        self._sequence = 0
        self._held_until: float | None = None
        self._writing = asyncio.Lock()
        self.epoch = 0

    @property
    def monitor_id(self) -> str:
        return self._monitor_id

    @property
    def held(self) -> bool:
        return self._held_until is not None and self._clock.monotonic() < self._held_until

    async def keep(self) -> None:
        """Takes it when it is free, and renews it, until it is cancelled."""
        while True:
            await self.strive()
            await asyncio.sleep(self._seconds / 5)

    async def strive(self) -> None:
        """One round of that."""
        async with self._writing:
            try:
                if self._held_until is not None:
                    await self._write(self._seconds)
                else:
                    await self._take()
            except WrongLastSequence:
                await self._passed_over()
            except BusError as error:
                _log.info("the term could not be taken or renewed", error=str(error))

    async def publish(self, subject: str, payload: bytes) -> None:
        """Stores it if the term still stands. Raises TermLost, BusError."""
        async with self._writing:
            if not self.held:
                raise TermLost
            try:
                await self._bus.publish(subject, payload, expected=ExpectedLast(self._sequence, MONITOR_TERM))
            except WrongLastSequence as error:
                await self._passed_over()
                raise TermLost from error

    async def release(self) -> None:
        """Gives it back, so that another one need not wait for its end."""
        async with self._writing:
            if self.held:
                with suppress(BusError):
                    await self._write(0.0)
            self._held_until = None

    async def _take(self) -> None:
        last = await self._bus.last_message(VERDICTS, MONITOR_TERM)
        now = await self._bus.time(VERDICTS)
        held = _term_of(last)
        if last is not None and held is not None and now < last.published_at + held.expires_at - held.renewed_at:
            return
        self.epoch = max(held.epoch + 1 if held else 1, now)
        self._sequence = last.sequence if last else 0
        await self._write(self._seconds)
        _log.info("looks from now on", epoch=self.epoch)

    async def _write(self, seconds: float) -> None:
        asked_at, now = self._clock.monotonic(), self._clock.now()
        told = pb.MonitorTerm(
            monitor_id=self._monitor_id, epoch=self.epoch, renewed_at=now, expires_at=now + round(seconds * 1000)
        )
        expected = ExpectedLast(self._sequence, MONITOR_TERM)
        ack = await self._bus.publish(MONITOR_TERM, told.SerializeToString(), expected=expected)
        self._sequence, self._held_until = ack.sequence, asked_at + seconds

    async def _passed_over(self) -> None:
        """Another message is the last: another monitor's, or one of this term whose acknowledgement was lost."""
        with suppress(BusError):
            last = await self._bus.last_message(VERDICTS, MONITOR_TERM)
            found = _term_of(last)
            if last is not None and found is not None and self._is_own(found):
                self._sequence = last.sequence
                return
        if self._held_until is not None:
            _log.warning("another monitor looks", epoch=self.epoch)
        self._held_until = None

    def _is_own(self, term: pb.MonitorTerm) -> bool:
        return term.monitor_id == self._monitor_id and term.epoch == self.epoch


def _term_of(message: Delivered | None) -> pb.MonitorTerm | None:
    """None where there is none that can be read."""
    if message is None:
        return None
    try:
        return pb.MonitorTerm.FromString(message.payload)
    except DecodeError:
        return None
