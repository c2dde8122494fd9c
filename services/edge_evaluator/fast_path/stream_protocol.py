"""A connection that may carry an event stream: from its head to its end it is an entry among the open streams."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from service_kit.connections import LimitedProtocol

from edge_evaluator.fast_path.event_streams import EventStream, EventStreams
from edge_evaluator.fast_path.stream_requests import StreamRequest, StreamRequests


class StreamingProtocol(LimitedProtocol):
    """The part of a connection's protocol that knows of streams. A client that doesn't read what it is sent is dropped
    as soon as more than the bound waits for it."""

    streams: ClassVar[EventStreams]
    stream_requests: ClassVar[StreamRequests]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._stream: EventStream | None = None
        self._ends_with_stream = False
        self._sent_early = b""
        """What the client has sent behind the request for its stream."""

    def begin_stream(self, request: StreamRequest, first_lines: bytes, request_id: bytes) -> bool:
        """Answers with a stream. False, and nothing is written or counted, for what uvicorn shall serve."""
        if self.flow.write_paused or self.transport.is_closing():
            return False
        admission, open_streams = self.streams.admission, self.streams.open_streams
        key = admission.memory.find_stream(request.token, admission.clock.now())
        if key is None or not open_streams.has_room(key) or open_streams.closed:
            return False
        address = self.stream_requests.address(request, self._address)
        allowances = admission.addresses.allowance(address), admission.keys.allowance(key.sha256)
        if any(each.exhausted for each in allowances) or not self.belongs_to("key", key.sha256):
            return False
        for each in allowances:
            each.taken += 1
        self._stream, begins = self.streams.begin(key, self, request.last_event_id)
        self.headers = []
        self._in_headers = False
        self.transport.set_write_buffer_limits(high=open_streams.limits.unread_bytes_max)
        self.transport.write(b"".join((first_lines, request.head(request_id), begins)))
        return True

    def end_stream(self, last_chunks: bytes) -> None:
        """Called by those who tell the streams. The connection goes on, unless the server is to end."""
        self._leave_stream()
        self.transport.write(last_chunks)
        self.server_state.total_requests += 1
        if self._ends_with_stream:
            self.transport.close()
            return
        self.transport.set_write_buffer_limits()
        self.await_next_request()
        self.flow.resume_reading()
        early, self._sent_early = self._sent_early, b""
        if early:
            self.data_received(early)

    @abstractmethod
    def await_next_request(self) -> None:
        """The connection is as after any other answer."""

    def _leave_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self.streams.leave(stream)

    def data_received(self, data: bytes) -> None:
        if self._stream is not None:
            self.flow.pause_reading()
            self._sent_early += data
            return
        super().data_received(data)
        if self._stream is not None:
            self._cancel_deadline()

    def on_message_complete(self) -> None:
        if self._stream is None:
            super().on_message_complete()

    def pause_writing(self) -> None:
        if self._stream is None:
            super().pause_writing()
        else:
            self.streams.open_streams.count_drop()
            self._leave_stream()
            self.loop.call_soon(self.transport.abort)

    def shutdown(self) -> None:
        if self._stream is None:
            super().shutdown()
        else:
            self._ends_with_stream = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_stream()
        super().connection_lost(exc)
