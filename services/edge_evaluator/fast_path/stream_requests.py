"""Plain requests for OFREP's event stream, told from the head alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service_kit.cors import Pages
from service_kit.response_headers import header_lines
from service_kit.trusted_proxies import TrustedProxies

from edge_evaluator.endpoints.event_streams import EVENT_STREAM, STREAM_HEADERS
from edge_evaluator.endpoints.ofrep_paths import extra_slashes

_PATH = b"/ofrep/v1/events"
_token_in = re.compile(rb"token=([A-Za-z0-9_-]{1,128})").fullmatch
_good_request_id = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch
_UNUSUAL = frozenset({b"content-length", b"transfer-encoding", b"content-encoding", b"expect"})
_READ = frozenset({b"host", b"origin", b"x-request-id", b"last-event-id", b"connection"})
_FORWARDED = b"x-forwarded-for"
_HEAD = header_lines(
    *((name.lower().encode(), value.encode()) for name, value in STREAM_HEADERS.items()),
    (b"content-type", EVENT_STREAM.encode() + b"; charset=utf-8"),
)
_CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a head asks for. `forwarded`: for whom, as those say who passed it on; `last_lines`: how the answer's head
    ends."""

    token: str
    last_event_id: str | None
    request_id: bytes | None
    forwarded: str | None
    last_lines: bytes

    def head(self, request_id: bytes) -> bytes:
        """The answer's, after the lines that all answers begin with."""
        return b"%bx-request-id: %b\r\n%b" % (_HEAD, request_id, self.last_lines)


class StreamRequests:
    """Reads heads. `pages`: who may read the answers; `proxies`: whose word counts for whom a request is."""

    def __init__(self, pages: Pages, proxies: TrustedProxies) -> None:
        self._pages = pages
        self._proxies = proxies

    def address(self, request: StreamRequest, peer: str) -> str:
        """Of the client, as the slow path's middleware finds it; `peer` is who has opened the connection."""
        return self._proxies.client(peer, request.forwarded)

    def read(self, url: bytes, headers: list[tuple[bytes, bytes]]) -> StreamRequest | None:
        """The request of a GET over HTTP/1.1, None for one that is not plain. Names in any case."""
        path, _, query = url.partition(b"?")
        if path[extra_slashes(path)] != _PATH:
            return None
        token = _token_in(query)
        if token is None:
            return None
        found: dict[bytes, bytes] = {}
        forwarded: list[bytes] = []
        for spelt, value in headers:
            name = spelt.lower()
            if name in _READ:
                if name in found:
                    return None
                found[name] = value
            elif name == _FORWARDED:
                forwarded.append(value)
            elif name in _UNUSUAL:
                return None
        request_id = found.get(b"x-request-id")
        closing = b"close" in found.get(b"connection", b"").lower()
        if closing or (request_id is not None and not _good_request_id(request_id)):
            return None
        last = found.get(b"last-event-id")
        return StreamRequest(
            token[1].decode(),
            None if last is None else last.decode("latin-1"),
            request_id,
            b", ".join(forwarded).decode("latin-1") if forwarded else None,
            header_lines(*self._pages.answer_headers(found.get(b"origin"), found.get(b"host"))) + _CHUNKED,
        )
