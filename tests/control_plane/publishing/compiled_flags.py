"""Environments of flags as they are compiled, and a bus that loses what it is told to publish, or the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import content_of
from messages.documents import canonical
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import config_subject
from streams import BusUnavailable, ExpectedLast, PublishAck
from streams.memory import MemoryBus

ID = "11111111-1111-1111-1111-111111111111"
Fate = Literal["stored", "lost", "unanswered"]


def flags(version: int, **values: str) -> CompiledEnvironment:
    """Each flag's off variation by its key."""
    entries = {}
    for key, name in values.items():
        message = ConfigMessage(environment_id=ID, flag=canonical({"key": key, "off_variation": name}))
        entries[config_subject(ID, "flag", key)] = content_of(message)
    return CompiledEnvironment(ID, version, entries)


class LosingBus(MemoryBus):
    """`fate` is asked at each publication; `unanswered` is stored."""

    def __init__(self, fate: Callable[[], Fate]) -> None:
        super().__init__()
        self._fate = fate
        self.told: list[bytes] = []
        self.told_to: set[tuple[str, bool]] = set()
        """Subjects, and whether it was everywhere."""

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        expected: ExpectedLast | None = None,
        trace: str = "",
    ) -> PublishAck:
        fate = self._fate()
        if fate == "lost":
            raise BusUnavailable("nobody there")
        ack = await super().publish(subject, payload, message_id=message_id, expected=expected, trace=trace)
        if fate == "unanswered":
            raise BusUnavailable("no answer")
        return ack

    async def tell(self, subject: str, payload: bytes, *, everywhere: bool = False) -> None:
        await super().tell(subject, payload, everywhere=everywhere)
        self.told.append(payload)
        self.told_to.add((subject, everywhere))
