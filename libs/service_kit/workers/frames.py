"""What the supervisor and its workers say to each other: frames of MessagePack on a pair of sockets.

| kind | way | means |
|---|---|---|
| `ready` | worker to supervisor | it serves |
| `ask` | worker to supervisor | ask every other worker, and tell me what they answer |
| `asked`, `answer` | to a worker, and back | one of those questions |
| `answers` | to who asked | `values` by worker; null of one that doesn't answer |
| `tell`, `told` | by the supervisor to every other worker | a word that nobody answers |
| `adopt`, `release` | to a worker | accept connections for worker `number`, which can't; no longer |
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_LENGTH_BYTES = 4


class Frame(msgspec.Struct, array_like=True):
    kind: str
    id: int = 0
    number: int = 0
    topic: str = ""
    payload: bytes = b""
    values: dict[int, bytes | None] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frame).decode


def packed(frame: Frame) -> bytes:
    body = _encode(frame)
    return len(body).to_bytes(_LENGTH_BYTES) + body


class FrameReader:
    """Puts frames together from what arrives in pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        self._data += data
        while len(self._data) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES])
            if len(self._data) < end:
                return
            body = bytes(self._data[_LENGTH_BYTES:end])
            del self._data[:end]
            yield _decode(body)
