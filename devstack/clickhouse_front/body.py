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


class _Decompressor(Protocol):
    def decompress(self, data: bytes) -> bytes: ...


def _decompressor(encoding: str) -> _Decompressor | None:
    match encoding:
        case "" | "identity":
            return None
        case "gzip":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        case "deflate":
            return zlib.decompressobj()
        case "zstd":
            return zstd.ZstdDecompressor()
        case "lz4":
            decompressor: _Decompressor = lz4.frame.LZ4FrameDecompressor()
            return decompressor
        case _:
            reason = f"Unknown Content-Encoding {encoding[:32]!r}"
            raise ClickHouseError.refused(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", reason)


async def read_body(receive: Receive, encoding: str) -> bytes:
    """Read and decompress a body of at most 1 GiB; raises `ClickHouseError` when it is larger or damaged."""
    decompressor = _decompressor(encoding)
    pieces: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClickHouseError.refused(210, "NETWORK_ERROR", "The client went away")
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if decompressor is not None and piece:
            piece = _decompressed(decompressor, piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise ClickHouseError.refused(TOO_MANY_BYTES, "TOO_MANY_BYTES", f"Body over {MAX_BODY_BYTES} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _decompressed(decompressor: _Decompressor, piece: bytes) -> bytes:
    try:
        return decompressor.decompress(piece)
    except (EOFError, RuntimeError, zlib.error, zstd.ZstdError) as error:
        reason = f"Cannot decompress the body: {error}"
        raise ClickHouseError.refused(CANNOT_DECOMPRESS, "CANNOT_DECOMPRESS", reason) from error


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
