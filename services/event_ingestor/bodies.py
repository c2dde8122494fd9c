"""Reads the body of a request and unpacks it, within its place in the room of all."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Iterator

from service_kit.fair_work import Steps
from service_kit.problems import BadRequest, Problem, TooLarge
from service_kit.room import RoomShare
from starlette.types import Receive, Scope

BODY_BYTES_MAX = 5 * 1024 * 1024
"""Of a request of events; the server takes no larger body."""

GZIP_MEMBERS_MAX = 100
"""Each is a header, a table and a state of its own, however little it holds."""

_PIECE_BYTES = 16 * 1024
_UNPACKED_PIECE_BYTES = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class UnsupportedEncoding(Problem):
    status, default_code = 415, "unsupported_encoding"


class ClientGone(BadRequest):
    """The client went away in the middle of its body; nobody reads the answer."""


async def read_body(
    scope: Scope,
    receive: Receive,
    share: RoomShare,
    work: Callable[[Steps[bytes]], Awaitable[bytes]],
    bytes_max: int = BODY_BYTES_MAX,
) -> bytes:
    """The unpacked body. `work` does what takes time; `bytes_max`: as it is sent, and again after it was unpacked.

    Raises TooLarge, TooManyRequests, UnsupportedEncoding, BadRequest (`invalid_gzip`), ClientGone.
    """
    # Given twice, they are one list, and no list is taken.
    encoding = b",".join(value for name, value in scope["headers"] if name == b"content-encoding").strip().lower()
    if encoding not in (b"", b"identity", b"gzip", b"x-gzip"):
        raise UnsupportedEncoding("a body may be sent plain or with Content-Encoding: gzip")
    body = await _receive_all(receive, share, bytes_max)
    return await work(_unpacking(body, share, bytes_max)) if encoding in (b"gzip", b"x-gzip") else body


async def _receive_all(receive: Receive, share: RoomShare, bytes_max: int) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the client went away", code="client_gone")
        chunk = message.get("body", b"")
        share.take(len(chunk))
        if share.taken > bytes_max:
            raise _too_large(bytes_max)
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _unpacking(body: bytes, share: RoomShare, bytes_max: int) -> Steps[bytes]:
    """All members of a gzip file, a piece at a time: never more than the limit."""
    found: list[bytes] = []
    left = bytes_max
    for unpacked in _pieces(body):
        left -= len(unpacked)
        if left < 0:
            raise _too_large(bytes_max)
        share.take(len(unpacked))
        found.append(unpacked)
        yield
    return b"".join(found)


def _pieces(body: bytes) -> Iterator[bytes]:
    """What the body holds, in steps of a bounded cost, as many as its bytes and what they unpack to make necessary."""
    unpacker = zlib.decompressobj(_GZIP)
    members, position = 1, 0
    piece = b""
    while piece or position < len(body):
        if not piece:
            piece = body[position : position + _PIECE_BYTES]
            position += len(piece)
        if unpacker.eof:
            members += 1
            if members > GZIP_MEMBERS_MAX:
                raise BadRequest(f"a gzip body has at most {GZIP_MEMBERS_MAX} members", code="invalid_gzip")
            unpacker = zlib.decompressobj(_GZIP)
        try:
            yield unpacker.decompress(piece, _UNPACKED_PIECE_BYTES)
        except zlib.error:
            raise BadRequest("the body is not valid gzip", code="invalid_gzip") from None
        piece = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if body and not unpacker.eof:
        raise BadRequest("the gzip body ends too early", code="invalid_gzip")


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"the body is over {bytes_max} bytes")
