"""What followers hold that the stream doesn't have, as they tell it: the witnesses of a database and a stream that were
both lost or restored."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import ahead_subject
from streams import Bus


class FollowerReports:
    """The highest version and epoch that any follower told of, by environment."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._highest: dict[str, tuple[int, int]] = {}

    async def keep_listening(self) -> None:
        """Until it is cancelled."""
        async for payload in self._bus.listen(ahead_subject("*")):
            self.note(payload)

    def note(self, payload: bytes) -> None:
        """Takes a manifest that a follower holds."""
        try:
            message = ConfigMessage.FromString(payload)
        except DecodeError:
            return
        if message.WhichOneof("content") == "manifest":
            version, epoch = self._highest.get(message.environment_id, (-1, 0))
            self._highest[message.environment_id] = (max(version, message.version), max(epoch, message.epoch))

    def version(self, environment_id: str) -> int:
        """-1 when nobody told anything."""
        return self._highest.get(environment_id, (-1, 0))[0]

    def epoch(self, environment_ids: Iterable[str]) -> int:
        """The highest of these environments, 0 when nobody told anything."""
        return max((self._highest.get(each, (-1, 0))[1] for each in environment_ids), default=0)
