"""Reads the body of a request, unpacks it, and counts what all requests under way hold together."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from service_kit.problems import BadRequest, Problem, TooLarge, TooManyRequests
from starlette.types import Receive, Scope

BODY_BYTES_MAX = 5 * 1024 * 1024
"""Of a body as it is sent, and again after it was unpacked."""

GZIP_MEMBERS_MAX = 100
"""Each is a header, a table and a state of its own, however little it holds."""

_PIECE_BYTES = 16 * 1024
_UNPACKED_PIECE_BYTES = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class UnsupportedEncoding(Problem):
    status, default_code = 415, "unsupported_encoding"


class ClientGone(BadRequest):
    """The client went away in the middle of its body; nobody reads the answer."""


class BodyBudget:
    """The memory that bodies under way may take.

    At most `bytes_max` in all bodies under way, from their arrival until they are stored."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.taken = 0

    @contextmanager
    def share(self) -> Iterator[BudgetShare]:
        """What one request takes; given back at the end."""
        share = BudgetShare(self)
        try:
            yield share
        finally:
            self.taken -= share.taken

    def has(self, count: int) -> bool:
        return self.taken + count <= self._bytes_max


class BudgetShare:
    """What one body takes of the budget."""

    __slots__ = ("_budget", "taken")

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.taken = 0

    def take(self, count: int) -> None:
        """Raises TooManyRequests when so much more would be over the limit of all."""
        if not self._budget.has(count):
            raise TooManyRequests("too much is under way at the moment", code="too_much_in_flight")
        self._budget.taken += count
        self.taken += count


async def read_body(scope: Scope, receive: Receive, share: BudgetShare) -> bytes:
    """The unpacked body.

    Raises TooLarge, TooManyRequests, UnsupportedEncoding, BadRequest (`invalid_gzip`), ClientGone.
    """
    encoding = b""
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            encoding = value.strip().lower()
    if encoding not in (b"", b"identity", b"gzip", b"x-gzip"):
        raise UnsupportedEncoding("a body may be sent plain or with Content-Encoding: gzip")
    body = await _receive_all(receive, share)
    return await _unpacked(body, share) if encoding in (b"gzip", b"x-gzip") else body


async def _receive_all(receive: Receive, share: BudgetShare) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the client went away", code="client_gone")
        chunk = message.get("body", b"")
        share.take(len(chunk))
        if share.taken > BODY_BYTES_MAX:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _unpacked(body: bytes, share: BudgetShare) -> bytes:
    """All members of a gzip file, a piece at a time: never more than the limit, others' requests in between."""
    found: list[bytes] = []
    left = BODY_BYTES_MAX
    for unpacked in _pieces(body):
        left -= len(unpacked)
        if left < 0:
            raise _too_large()
        share.take(len(unpacked))
        found.append(unpacked)
        await asyncio.sleep(0)
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


def _too_large() -> TooLarge:
    return TooLarge(f"the body is over {BODY_BYTES_MAX} bytes")
