"""Request bodies: reading with a limit, decompressing, and the multipart form of long parameters."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Protocol

import lz4.frame

from .errors import CANNOT_DECOMPRESS, NOT_IMPLEMENTED, TOO_MANY_BYTES, ClickHouseError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_BODY_BYTES = 1 << 30

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class _Frame(Protocol):
    """What the decompressors of zlib, zstd and lz4 have in common; one reads one frame."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes) -> bytes: ...


_FRAMES: dict[str, Callable[[], _Frame]] = {
    "gzip": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16),
    "deflate": lambda: zlib.decompressobj(),  # noqa: PLW0108  # the signature of the bare function has options
    "zstd": zstd.ZstdDecompressor,
    "lz4": lz4.frame.LZ4FrameDecompressor,
}


class _Plain:
    """No compression."""

    def feed(self, data: bytes) -> bytes:
        return data

    def end(self) -> None:
        return


class _Frames:
    """A body of any number of compressed frames, one after another; clients send one frame per block."""

    def __init__(self, new_frame: Callable[[], _Frame]) -> None:
        self._new_frame = new_frame
        self._frame = new_frame()
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        pieces = []
        while data:
            if self._frame.eof:
                self._frame = self._new_frame()
            self._begun = True
            try:
                pieces.append(self._frame.decompress(data))
            except (EOFError, RuntimeError, zlib.error, zstd.ZstdError) as error:
                raise _damaged(str(error)) from error
            data = (self._frame.unused_data or b"") if self._frame.eof else b""
        return b"".join(pieces)

    def end(self) -> None:
        """Raises `ClickHouseError` when the body stops in the middle of a frame."""
        if self._begun and not self._frame.eof:
            raise _damaged("it stops in the middle")


def _damaged(why: str) -> ClickHouseError:
    return ClickHouseError.refused(CANNOT_DECOMPRESS, "CANNOT_DECOMPRESS", f"Cannot decompress the body: {why}")


def _decoder(encoding: str) -> _Plain | _Frames:
    if encoding in ("", "identity"):
        return _Plain()
    new_frame = _FRAMES.get(encoding)
    if new_frame is None:
        reason = f"Unknown Content-Encoding {encoding[:32]!r}"
        raise ClickHouseError.refused(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", reason)
    return _Frames(new_frame)


async def read_body(receive: Receive, encoding: str) -> bytes:
    """Read and decompress a body of at most 1 GiB; raises `ClickHouseError` when it is larger or damaged."""
    decoder = _decoder(encoding)
    pieces: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClickHouseError.refused(210, "NETWORK_ERROR", "The client went away")
        piece = decoder.feed(message.get("body", b""))
        more = message.get("more_body", False)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise ClickHouseError.refused(TOO_MANY_BYTES, "TOO_MANY_BYTES", f"Body over {MAX_BODY_BYTES} bytes")
        pieces.append(piece)
    decoder.end()
    return b"".join(pieces)


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a multipart form; raises `ClickHouseError` for files (external tables)."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None or not isinstance(name, str):
            reason = "External tables are not part of the embedded ClickHouse"
            raise ClickHouseError.refused(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", reason)
        payload = part.get_payload(decode=True)
        fields[name] = payload.decode() if isinstance(payload, bytes) else ""
    return fields
