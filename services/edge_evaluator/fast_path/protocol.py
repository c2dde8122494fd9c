"""Answers plain OFREP requests where they are read, without a task, a scope or an ASGI call.

Only what is usual is answered here: a whole POST in one read, a known key within its limits, a body that is right,
a flag that evaluates. For everything else the request goes to uvicorn as if nothing had happened, and FastAPI
answers. What is answered here has the same bytes as there; the tests of the HTTP contract run over both.

The parser reads every head once. A head that comes again, byte for byte but for lines without a meaning (`heads.py`),
means what it meant the first time, so the parser is not asked again: it never sees that request, and stands between
two messages before and after it.
"""

from __future__ import annotations

import secrets
import time
from asyncio import TimerHandle
from itertools import count
from typing import Any, ClassVar

from service_kit.rate_limits import Allowance
from service_kit.response_headers import CLOSE, header_lines
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from edge_evaluator.admission.requests import Admission
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.fast_path.head_forms import HeadForm
from edge_evaluator.fast_path.heads import Heads
from edge_evaluator.fast_path.plain_requests import PlainRequest, PlainRequests
from edge_evaluator.fast_path.replies import Replies
from edge_evaluator.fast_path.stream_protocol import StreamingProtocol
from edge_evaluator.fast_path.telemetry import FastPathTelemetry
from edge_evaluator.memory.callers import Caller
from edge_evaluator.memory.views import View
from edge_evaluator.usage.tallies import Tally

_BLANK_LINE = b"\r\n\r\n"
# A form takes half a millisecond to make: for connections that stay, and whose heads differ in what is open.
_HEADS_BEFORE_FORM = 16
_FORMS_TRIED_MAX = 4


class FastPath:
    """What all connections of one edge share."""

    def __init__(
        self, admission: Admission, evaluator: Evaluator, limits: ContextLimits, requests: PlainRequests
    ) -> None:
        self.admission = admission
        self.requests = requests
        self.heads = Heads(requests.body_limit_bytes)
        self.telemetry = FastPathTelemetry(admission.memory.kept_answers)
        self.tallies = evaluator.tallies
        self.replies = Replies(evaluator, limits, admission.memory.kept_answers, self.telemetry)
        self.dates: list[tuple[bytes, bytes]] = []
        self.lines: tuple[bytes, bytes] | None = None
        self._prefix = secrets.token_hex(8).encode()
        self._numbers = count()

    def new_request_id(self) -> bytes:
        return b"%b%016x" % (self._prefix, next(self._numbers))

    def first_lines(self, default_headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes] | None:
        """The first lines of a 304 and of a 200; the server makes a new list when its date changes.

        None when answers end their connections: here none does.
        """
        if default_headers is not self.dates:
            headers = header_lines(*default_headers)
            lines = b"HTTP/1.1 304 Not Modified\r\n" + headers, b"HTTP/1.1 200 OK\r\n" + headers
            self.lines = None if CLOSE in default_headers else lines
            self.dates = default_headers
        return self.lines


class FastPathProtocol(StreamingProtocol):
    """The protocol of one connection, with the fast path in front."""

    fast: ClassVar[FastPath]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._plain: PlainRequest | None = None
        """Set while a plain request's body is awaited."""
        self._request_id: bytes | None = None
        self._form: HeadForm | None = None
        self._varying = 0
        """How many heads were known only when they were taken apart."""
        self._forms_tried = 0
        self._body = b""
        self._data = b""
        """What is being read, if no message was under way before it."""
        self._between_messages = False
        self._proxies_are_trusted = self.config.proxy_headers
        self._answered_at = 0.0
        self._idle: TimerHandle | None = None
        self._window = -1
        self._address_allowance = self._key_allowance = Allowance(0)
        self._generation = -1
        self._caller: Caller | None = None
        self._view: View
        self._tally: Tally

    def data_received(self, data: bytes) -> None:
        if self._between_messages and self._answer_known(data):
            return
        self._data = b"" if self._in_headers or self._in_body else data
        super().data_received(data)
        if self._plain is not None:
            self._give_up()
        elif self._between_messages:
            self._rest()
        self._data = b""

    # The parser's callbacks

    def on_message_begin(self) -> None:
        self._between_messages = False
        self._in_headers, self._headers_bytes = True, 0
        self._headers_begun += 1
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        cycle = self.cycle
        waiting = (cycle is not None and not cycle.response_complete) or self.pipeline
        if waiting or self.parser.get_http_version() != "1.1":
            self._begin_in_uvicorn()
            return
        method = self.parser.get_method()
        if method != b"POST":
            if method != b"GET" or not self._is_streamed():
                self._begin_in_uvicorn()
            return
        read = self.fast.requests.read(self.url, self.headers, self.scheme or "http")
        if read is None:
            self._begin_in_uvicorn()
        else:
            self._plain, self._request_id = read
            self._in_headers, self._in_body = False, True
            self._body = b""

    def on_body(self, body: bytes) -> None:
        if self._plain is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        plain = self._plain
        if plain is not None and not self._answer(plain, self._request_id, self._body):
            self._give_up()
        if self._plain is None:
            super().on_message_complete()
            return
        self._plain = None
        self._in_body = False
        self._between_messages = True
        head, blank_line, body = self._data.partition(_BLANK_LINE)
        if blank_line and body == self._body and plain is not None:
            self.fast.heads.remember(head + blank_line, plain, self._request_id)
        self._body = b""

    # Streams

    def _is_streamed(self) -> bool:
        """Whether the request is one for a stream, which has begun now; nothing may follow it in what was read."""
        request = self.stream_requests.read(self.url, self.headers)
        lines = self.fast.first_lines(self.server_state.default_headers)
        whole = self._data.find(_BLANK_LINE) + len(_BLANK_LINE) == len(self._data)
        if request is None or lines is None or not whole:
            return False
        if not self.begin_stream(request, lines[1], request.request_id or self.fast.new_request_id()):
            return False
        self.fast.telemetry.streams += 1
        return True

    def await_next_request(self) -> None:
        self._between_messages = True
        self._answered_at = self.loop.time()
        self._rest()

    # Handing over to uvicorn

    def _begin_in_uvicorn(self) -> None:
        url, headers = self.url, self.headers
        HttpToolsProtocol.on_message_begin(self)
        self.url = url
        for name, value in headers:
            HttpToolsProtocol.on_header(self, name, value)
        super().on_headers_complete()

    def _give_up(self) -> None:
        """Lets uvicorn have the request with what has come of its body."""
        self._plain = None
        body, self._body = self._body, b""
        self._begin_in_uvicorn()
        if body:
            super().on_body(body)

    # Answering

    def _answer_known(self, data: bytes) -> bool:
        """Answers a whole request whose head is known, without the parser."""
        if self._form is not None:
            formed = self._form.find(data)
            if formed is not None:
                plain, request_id, start = formed
                return self._answer(plain, request_id, data[start:])
        end = data.find(_BLANK_LINE) + len(_BLANK_LINE)
        head, heads = data[:end], self.fast.heads
        known = heads.whole.get(head)
        if known is None:
            known = heads.find(head)
            self._varying += known is not None
        if known is None or len(data) - end != known[0].length or not self._answer(*known, data[end:]):
            return False
        if self._varying == _HEADS_BEFORE_FORM and self._forms_tried < _FORMS_TRIED_MAX:
            self._varying = 0
            self._forms_tried += 1
            self._form = heads.form(head, known[0])
        return True

    def _answer(self, plain: PlainRequest, request_id: bytes | None, body: bytes) -> bool:
        """Writes the response. False, and nothing is written or counted, for what uvicorn shall serve."""
        started = time.perf_counter()
        fast = self.fast
        caller = self._admitted(plain.sdk_key)
        headers = self.server_state.default_headers
        lines = fast.lines if headers is fast.dates else fast.first_lines(headers)
        if (plain.forwarded and self._proxies_are_trusted) or caller is None or lines is None:
            return False
        if self.flow.write_paused or self.transport.is_closing():
            return False
        reply = fast.replies.to(plain, caller, self._view, self._tally[plain.sdk], body)
        if reply is None:
            return False
        modified, head, content = reply
        named = request_id or fast.new_request_id()
        self.transport.write(b"".join((lines[modified], head, named, plain.last_lines, *content)))
        self._address_allowance.taken += 1
        self._key_allowance.taken += 1
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        fast.telemetry.observe(time.perf_counter() - started)
        return True

    def _admitted(self, sdk_key: bytes) -> Caller | None:
        """What admission says, remembered until keys change; None for everything but a plain yes."""
        admission, caller = self.fast.admission, self._caller
        memory = admission.memory
        if caller is None or self._generation != memory.generation or caller.presented != sdk_key:
            key = memory.find(sdk_key, admission.clock.now())
            if key is None or key.expires_at or not self.belongs_to("key", key.sha256):
                return None
            caller = self._caller = Caller(sdk_key, key)
            self._view = memory.held(key).view(key)
            self._generation = memory.generation
            self._window = -1
        admission.keys.roll()
        admission.addresses.roll()
        if self._window != admission.keys.window:
            self._address_allowance = admission.addresses.allowance(self._address)
            self._key_allowance = admission.keys.allowance(caller.key.sha256)
            self._tally = self.fast.tallies.of(caller)
            self._window = admission.keys.window
        return None if self._address_allowance.exhausted or self._key_allowance.exhausted else caller

    # Idle connections: one timer that looks back at the last answer, instead of one for each answer

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def _rest(self) -> None:
        self._cancel_deadline()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._end_if_idle)

    def _end_if_idle(self) -> None:
        self._idle = None
        if not self._between_messages:
            return
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._end_if_idle)
        else:
            self.transport.close()
