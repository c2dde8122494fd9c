"""Answers plain OFREP requests inside the HTTP parser's callbacks, without a task, a scope or an ASGI call.

Only what is usual is answered here: a whole POST in one read, a known key within its limits, a body that is right,
a flag that evaluates. For everything else the request is handed to uvicorn as if nothing had happened, and FastAPI
answers. What is answered here has the same bytes as there; the tests of the HTTP contract run over both.
"""

from __future__ import annotations

import re
import secrets
import time
from asyncio import BaseTransport
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from edge_evaluator.authorization import Caller
from edge_evaluator.connections import EdgeProtocol
from edge_evaluator.contexts import BadRequestBody, ContextLimits, context_of, decode_object
from edge_evaluator.door import Door
from edge_evaluator.evaluation import Evaluator
from edge_evaluator.fast_metrics import FastMetrics
from edge_evaluator.limits import Allowance
from edge_evaluator.ofrep import fresh, origin_at

_BULK = b"/ofrep/v1/evaluate/flags"
_SINGLE = b"/ofrep/v1/evaluate/flags/"
_KEY, _API_KEY, _HOST, _HELD, _REQUEST_ID, _LENGTH, _CONNECTION, _UNUSUAL = range(1, 9)
_ROLES = {
    b"authorization": _KEY,
    b"x-api-key": _API_KEY,
    b"host": _HOST,
    b"if-none-match": _HELD,
    b"x-request-id": _REQUEST_ID,
    b"content-length": _LENGTH,
    b"connection": _CONNECTION,
    b"content-encoding": _UNUSUAL,
    b"expect": _UNUSUAL,
    b"forwarded": _UNUSUAL,
    b"origin": _UNUSUAL,
    b"transfer-encoding": _UNUSUAL,
    b"upgrade": _UNUSUAL,
    b"x-forwarded-for": _UNUSUAL,
    b"x-forwarded-host": _UNUSUAL,
    b"x-forwarded-proto": _UNUSUAL,
}
_NAMES_LEARNED_MAX = 1000
_GOOD_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch
_BODY_HEAD = b"content-length: %d\r\ncontent-type: application/json\r\nx-request-id: %b\r\n\r\n"


class FastPath:
    """What all connections of one edge share."""

    def __init__(
        self, door: Door, evaluator: Evaluator, limits: ContextLimits, body_limit_bytes: int, public_url: str
    ) -> None:
        self.door = door
        self.evaluator = evaluator
        self.limits = limits
        self.body_limit_bytes = body_limit_bytes
        self.public_url = public_url
        self.metrics = FastMetrics()
        self._roles: dict[bytes, int] = {}
        self._dates: list[tuple[bytes, bytes]] = []
        self._ok = self._unmodified = b""
        prefix = secrets.token_hex(8)
        numbers = count()
        self.new_request_id: Callable[[], bytes] = lambda: b"%b%016x" % (prefix.encode(), next(numbers))

    def role(self, name: bytes) -> int:
        """What a header means here, 0 for nothing; names are remembered as they are spelt."""
        role = self._roles.get(name)
        if role is None:
            role = _ROLES.get(name.lower(), 0)
            if len(self._roles) < _NAMES_LEARNED_MAX:
                self._roles[name] = role
        return role

    def heads(self, default_headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
        """The first lines of a 200 and of a 304; uvicorn makes a new list when its date changes."""
        if default_headers is not self._dates:
            lines = b"".join(b"%b: %b\r\n" % header for header in default_headers)
            self._dates = default_headers
            self._ok = b"HTTP/1.1 200 OK\r\n" + lines
            self._unmodified = b"HTTP/1.1 304 Not Modified\r\n" + lines
        return self._ok, self._unmodified


class FastPathProtocol(EdgeProtocol):
    fast: ClassVar[FastPath]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._found: dict[int, bytes] = {}
        self._held_back = False
        self._body = b""
        self._answered_at = 0.0
        self._window = -1
        self._address_allowance = self._key_allowance = Allowance(0)
        self._state: object = None
        self._caller: Caller | None = None

    # The parser's callbacks

    def on_message_begin(self) -> None:
        self._in_headers = True
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._is_plain():
            self._in_headers, self._in_body = False, True
            self._held_back = True
            self._body = b""
        else:
            self._begin_in_uvicorn()

    def on_body(self, body: bytes) -> None:
        if self._held_back:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._held_back:
            super().on_message_complete()
            return
        started = time.perf_counter()
        answer = self._answer()
        if answer is None:
            self._hand_over()
            super().on_message_complete()
            return
        self._held_back = self._in_body = False
        self.transport.write(answer)
        self._answered_at = self.loop.time()
        self.server_state.total_requests += 1
        self.fast.metrics.observe(time.perf_counter() - started)

    # The connection

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held_back:
            self._hand_over()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._answered_at = self.loop.time()

    def _cut(self) -> None:
        """The one timer of a connection also ends idle ones, looking back instead of being set anew."""
        busy = self._in_headers or self._in_body or not (self.cycle is None or self.cycle.response_complete)
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if busy or (self._caller is None and self.cycle is None):
            super()._cut()
        elif left > 0:
            self._deadline = self.loop.call_later(left, self._cut)
        else:
            self._deadline = None
            self.transport.close()

    # Handing over to uvicorn

    def _begin_in_uvicorn(self) -> None:
        url, headers = self.url, self.headers
        HttpToolsProtocol.on_message_begin(self)
        self.url = url
        for name, value in headers:
            HttpToolsProtocol.on_header(self, name, value)
        super().on_headers_complete()

    def _hand_over(self) -> None:
        self._held_back = False
        body, self._body = self._body, b""
        self._begin_in_uvicorn()
        if body:
            super().on_body(body)

    # Answering

    def _is_plain(self) -> bool:
        if self.url[:24] != _BULK or self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1":
            return False
        cycle = self.cycle
        if (cycle is not None and not cycle.response_complete) or self.pipeline or self.flow.write_paused:
            return False
        found: dict[int, bytes] = {}
        role_of = self.fast.role
        for name, value in self.headers:
            role = role_of(name)
            if role:
                if role == _UNUSUAL or role in found:
                    return False
                found[role] = value
        self._found = found
        if found.get(_CONNECTION, b"keep-alive").lower() != b"keep-alive":
            return False
        return int(found.get(_LENGTH, b"0")) <= self.fast.body_limit_bytes

    def _answer(self) -> bytes | None:
        """The whole response, or None for what uvicorn shall serve."""
        fast, found = self.fast, self._found
        request_id = found.get(_REQUEST_ID)
        if request_id is None:
            request_id = fast.new_request_id()
        elif not _GOOD_REQUEST_ID(request_id):
            return None
        caller = self._admitted()
        if caller is None or self.transport.is_closing():
            return None
        try:
            context = context_of(decode_object(self._body, fast.limits))
        except BadRequestBody:
            return None
        ok, unmodified = fast.heads(self.server_state.default_headers)
        if len(self.url) > len(_BULK):
            answer = self._single(caller, context)
            if answer is None:
                return None
            head = _BODY_HEAD % (len(answer), request_id)
            fast.metrics.single += 1
        else:
            etag = fast.evaluator.etag(caller, self._body)
            held = found.get(_HELD)
            if held is not None and fresh(held.decode("latin-1"), etag):
                ok, answer = unmodified, b""
                head = b"etag: %b\r\nx-request-id: %b\r\n\r\n" % (etag.encode(), request_id)
                fast.metrics.unmodified += 1
            else:
                origin = origin_at(found.get(_HOST, b"").decode("latin-1"), self.scheme or "http", fast.public_url)
                answer = fast.evaluator.bulk(caller, context, origin)
                head = b"etag: %b\r\n" % etag.encode() + _BODY_HEAD % (len(answer), request_id)
                fast.metrics.bulk += 1
        self._address_allowance.taken += 1
        self._key_allowance.taken += 1
        return ok + head + answer

    def _single(self, caller: Caller, context: dict[str, Any]) -> bytes | None:
        if self.url[24:25] != b"/":
            return None
        return self.fast.evaluator.value(caller, self.url[25:].decode("latin-1"), context)

    def _admitted(self) -> Caller | None:
        """What the door says, remembered until keys change; None for everything but a plain yes."""
        found, door = self._found, self.fast.door
        authorization = found.get(_KEY)
        if authorization is None:
            sdk_key = found.get(_API_KEY, b"")
        elif authorization[:7] == b"Bearer ":
            sdk_key = authorization[7:]
        else:
            return None
        caller = self._caller
        if self._state is not door.memory.state or caller is None or caller.sdk_key != sdk_key:
            grant = door.memory.grant_of(sdk_key, door.clock.now())
            if grant is None or grant.expires_at is not None or not self.belongs_to(grant):
                return None
            caller = self._caller = Caller(sdk_key, grant)
            self._state = door.memory.state
            self._window = -1
        if self._window != door.keys.window:
            self._address_allowance = door.addresses.allowance(self._address)
            self._key_allowance = door.keys.allowance(caller.grant.sha256)
            self._window = door.keys.window
        return None if self._address_allowance.exhausted or self._key_allowance.exhausted else caller
