"""Cuts connections whose headers or body take too long to arrive, whose headers never end, or whose answers are not
read. Who is refused for asking too much is read a little later.

uvicorn on httptools leaves the first and the last open for ever and keeps whatever the others send.

A request that arrives in one piece costs two comparisons: timers run only while something is still missing.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle, Transport
from http import HTTPStatus
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service_kit.request_parser import RequestParser
from service_kit.response_headers import closing_answer

HOLD_BACK = "hold_back"
"""Where requests find it in their state."""
_REQUEST_TIMEOUT = closing_answer(HTTPStatus.REQUEST_TIMEOUT)
_HEADERS_TOO_LARGE = closing_answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


class PatientHttpProtocol(HttpToolsProtocol):
    """The protocol of every service. Headers: 10 s from the first byte (or from the
    connection, if none comes) and 64 KiB; body: 30 s more. Late headers get 408, large ones that come in pieces 431,
    a late body ends the connection. So does an answer that waits and of which less than 32 KiB are read in 30 s."""

    headers_bytes_max: ClassVar[int] = 64 * 1024
    headers_seconds_max: ClassVar[float] = 10.0
    body_seconds_max: ClassVar[float] = 30.0
    unread_seconds_max: ClassVar[float] = 30.0
    read_bytes_min: ClassVar[int] = 32 * 1024
    held_back_seconds: ClassVar[float] = 0.1

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser = RequestParser(self)
        self.app_state = {**self.app_state, HOLD_BACK: self.hold_back}
        self._deadline: TimerHandle | None = None
        self._reading: TimerHandle | None = None
        self._unread_bytes = 0
        self._in_headers = False
        self._in_body = False
        self._headers_begun = 0
        self._headers_bytes = 0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast("Transport", transport))
        self._deadline = self.loop.call_later(self.headers_seconds_max, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        self._cancel_reading()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        self._cancel_reading()
        super().resume_writing()

    def hold_back(self, client: str) -> None:
        """Reads nothing more from `client`, who asks too much, for a tenth of a second: a refusal costs as much as an
        answer, and others wait for both. A connection of a proxy brings the requests of others, and is read on."""
        if self.client is None or client != self.client[0] or self.transport.is_closing():
            return
        self.transport.pause_reading()
        self.loop.call_later(self.held_back_seconds, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing() and not self.flow.read_paused:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        before = (self._in_headers, self._in_body)
        newest, begun = self.cycle, self._headers_begun
        super().data_received(data)
        after = (self._in_headers, self._in_body)
        # Line breaks between requests begin nothing, yet they stop uvicorn's own timer: they count as late headers.
        nothing_began = self.cycle is newest and (newest is None or newest.response_complete)
        if after == (False, False) and not nothing_began:
            if self._deadline is not None:
                self._cancel_deadline()
        elif after != before or self._deadline is None:
            self._cancel_deadline()
            seconds = self.body_seconds_max if self._in_body else self.headers_seconds_max
            self._deadline = self.loop.call_later(seconds, self._cut)
        # Of a piece that ends an earlier request and begins this one, nobody knows how much is headers.
        all_headers = self._headers_begun == begun + (before == (False, False))
        if self._in_headers and all_headers:
            self._headers_bytes += len(data)
            if self._headers_bytes > self.headers_bytes_max:
                self._cut(_HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._in_headers, self._headers_bytes = True, 0
        self._headers_begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers, self._in_body = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self, answer: bytes = _REQUEST_TIMEOUT) -> None:
        self._cancel_deadline()
        if self.transport.is_closing():
            return
        if not self._in_body and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(answer)
        self.transport.close()

    def _await_reading(self) -> None:
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(self.unread_seconds_max, self._check_reading)

    def _check_reading(self) -> None:
        if self._unread_bytes - self.transport.get_write_buffer_size() < self.read_bytes_min:
            self.transport.abort()
        else:
            self._await_reading()

    def _cancel_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
