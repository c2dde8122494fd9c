"""A transport that sends each request in one write, as Go, Node and most other clients do and httpx does not."""

from __future__ import annotations

import asyncio

import httpx

READ_SECONDS = 10


def request_bytes(method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def read_response(reader: asyncio.StreamReader) -> bytes:
    """One whole response, head and body, as it came; its body must have a declared length."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), READ_SECONDS)
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await asyncio.wait_for(reader.readexactly(length), READ_SECONDS)


class OnePieceTransport(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        reader, writer = await asyncio.open_connection(request.url.host, request.url.port)
        try:
            headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw]
            writer.write(request_bytes(request.method, request.url.raw_path.decode(), headers, body))
            answer = await read_response(reader)
        finally:
            writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        return httpx.Response(
            int(first.split(b" ")[1]),
            headers=[(name, value) for name, _, value in (line.partition(b": ") for line in lines)],
            content=content,
        )
