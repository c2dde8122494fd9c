"""Headers that every answer of every service carries, whoever writes it."""

from __future__ import annotations

from http import HTTPStatus

DEFAULT_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"))
NO_STORE = (b"cache-control", b"no-store")
"""Of an answer that says nothing of its own about caches."""
CLOSE = (b"connection", b"close")


def header_lines(*headers: tuple[bytes, bytes]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def closing_answer(status: HTTPStatus, *headers: tuple[bytes, bytes]) -> bytes:
    """An answer without a body that ends the connection, for what no app sees."""
    line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return line + header_lines(*DEFAULT_HEADERS, *headers, (b"content-length", b"0"), NO_STORE, CLOSE) + b"\r\n"
