"""The ASGI application: a request in, the engine's answer out, as ClickHouse's HTTP interface words it."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

from .body import Receive, read_body, read_form
from .engine import Answer, Counts, Engine
from .errors import BAD_ARGUMENTS, ClickHouseError
from .statement import Statement, read_statement

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)

_STATEMENTS_AT_ONCE = 16
_THREADS = 8
_CONTENT_TYPES = {
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
}


class Front:
    """Serves one engine. `__call__` is the ASGI entry."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="statement")
        self._places = asyncio.Semaphore(_STATEMENTS_AT_ONCE)
        self._timezone = engine.scalar("SELECT timezone()")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        if scope["path"] in ("/ping", "/replicas_status"):
            await _send_whole(send, 200, [(b"content-type", b"text/html; charset=UTF-8")], b"Ok.\n")
            return
        try:
            await self._statement(scope, receive, send)
        except ClickHouseError as error:
            _log.info("refused: %s", error)
            headers = [
                (b"content-type", b"text/plain; charset=UTF-8"),
                (b"x-clickhouse-exception-code", str(error.code).encode()),
            ]
            await _send_whole(send, error.status, headers, f"{error}\n".encode())

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self._threads.shutdown()
                self._engine.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _statement(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True, errors="strict")
            fields = dict(pairs)
            body = await read_body(receive, headers.get("content-encoding", ""))
            content_type = headers.get("content-type", "")
            if content_type.startswith("multipart/form-data"):
                fields |= read_form(content_type, body)
                body = b""
        except UnicodeDecodeError as error:
            raise ClickHouseError.refused(BAD_ARGUMENTS, "BAD_ARGUMENTS", f"Not UTF-8: {error}") from error
        fields.setdefault("database", headers.get("x-clickhouse-database", ""))
        if fields.get("compress") == "1" or fields.get("decompress") == "1":
            reason = "Use Content-Encoding and Accept-Encoding in place of compress and decompress"
            raise ClickHouseError.refused(48, "NOT_IMPLEMENTED", reason)
        statement = read_statement(fields, body, read_only=scope["method"] != "POST")
        async with self._places:
            await self._run(statement, send)

    async def _run(self, statement: Statement, send: Send) -> None:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._engine.answer, statement)
        try:
            tag = secrets.token_hex(8)
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": self._answer_headers(statement, answer, tag),
                }
            )
            await self._send_pieces(answer, tag, send)
        finally:
            await loop.run_in_executor(self._threads, answer.close)

    async def _send_pieces(self, answer: Answer, tag: str, send: Send) -> None:
        loop = asyncio.get_running_loop()
        piece: bytes | None = answer.first
        while piece is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": not answer.complete})
            if answer.complete:
                return
            try:
                piece = await loop.run_in_executor(self._threads, answer.next_piece)
            except ClickHouseError as error:
                _log.info("failed while answering: %s", error)
                piece = _exception_block(str(error), tag)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _answer_headers(self, statement: Statement, answer: Answer, tag: str) -> Headers:
        kind = _CONTENT_TYPES.get(statement.result_format, "text/plain; charset=UTF-8")
        headers = [
            (b"content-type", kind.encode()),
            (b"x-clickhouse-format", statement.result_format.encode()),
            (b"x-clickhouse-query-id", statement.query_id.encode("latin-1", "replace")),
            (b"x-clickhouse-timezone", self._timezone.encode()),
            (b"x-clickhouse-server-display-name", b"embedded"),
            (b"x-clickhouse-summary", _summary(answer.counts)),
            (b"x-clickhouse-exception-tag", tag.encode()),
        ]
        if answer.complete:
            headers.append((b"content-length", str(len(answer.first)).encode()))
        return headers


def _summary(counts: Counts) -> bytes:
    return json.dumps(
        {
            "read_rows": str(counts.read_rows),
            "read_bytes": str(counts.read_bytes),
            "written_rows": str(counts.written_rows),
            "written_bytes": str(counts.written_bytes),
            "elapsed_ns": str(counts.elapsed_ns),
        }
    ).encode()


def _exception_block(message: str, tag: str) -> bytes:
    """How ClickHouse tells of an error after the answer has begun."""
    text = message.encode() + b"\n"
    return b"\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n" % (tag.encode(), text, len(text), tag.encode())


async def _send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
