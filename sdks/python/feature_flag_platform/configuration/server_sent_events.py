"""Server-sent events, as they arrive in pieces of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feature_flag_platform.errors import Unreachable

LINE_BYTES_MAX = 64 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """`id`: the last id that the stream has told, None if it has told none."""

    event: str
    data: bytes
    id: str | None


class EventReader:
    """Of one stream. `retry_seconds`: the last `retry:` of the stream, 0 before. Half an event at the end is none."""

    def __init__(self) -> None:
        self.retry_seconds = 0.0
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._after_return = False
        self._id: str | None = None
        self._event = ""
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """The events that are whole with this piece. Raises Unreachable for a line, or an event, that is too long."""
        self._buffer += piece
        for line in self._lines():
            if line:
                self._field(line)
                continue
            if self._data:
                yield ServerSentEvent(self._event or "message", b"\n".join(self._data), self._id)
            self._event, self._data, self._data_bytes = "", [], 0

    def _lines(self) -> Iterator[bytes]:
        buffer = self._buffer
        if not self._begun and len(buffer) >= len(_BYTE_ORDER_MARK):
            self._begun = True
            if buffer.startswith(_BYTE_ORDER_MARK):
                del buffer[: len(_BYTE_ORDER_MARK)]
        start = 0
        while True:
            if self._after_return and start < len(buffer):
                # A line that ended in CR may have ended in CR LF.
                self._after_return = False
                if buffer[start] == 10:
                    start += 1
            end = self._end(max(start, self._searched))
            if end < 0:
                break
            line = bytes(buffer[start:end])
            self._after_return = buffer[end] == 13
            start = end + 1
            self._searched = start
            yield line
        del buffer[:start]
        self._searched = len(buffer)
        if len(buffer) > LINE_BYTES_MAX:
            raise Unreachable("the stream has a line of more than 64 MiB")

    def _end(self, start: int) -> int:
        """Where the next line ends, -1 if it hasn't yet."""
        newline = self._buffer.find(b"\n", start)
        carriage = self._buffer.find(b"\r", start, newline if newline >= 0 else len(self._buffer))
        return carriage if carriage >= 0 else newline

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data_bytes += len(value)
            if self._data_bytes > LINE_BYTES_MAX:
                raise Unreachable("the stream has an event of more than 64 MiB")
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry_seconds = int(value[:9]) / 1000
