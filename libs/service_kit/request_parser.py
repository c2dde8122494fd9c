"""The parser of requests, for which an offer to upgrade (`Upgrade: h2c`) is a header without a meaning.

httptools takes whatever follows the head of such a request for another protocol, so its body would be lost or read
as the next request. Here the head is read once more without the offer, and the message goes on from there.
"""

from __future__ import annotations

from array import array
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class RequestParser(HttpRequestParser):
    """Calls a protocol as httptools does. Its protocol never sees where a head with an offer ends, only where that
    without it does."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._callbacks = _Callbacks(protocol)
        self._begin()

    def feed_data(self, data: bytes | bytearray | memoryview | array[int]) -> None:
        """Raises HttpParserError for what is no HTTP, and for CONNECT."""
        while True:
            try:
                super().feed_data(data)
            except HttpParserUpgrade as offer:
                self._begin()
                super().feed_data(self._callbacks.take_head())
                # A view: many small requests in one large piece would be copied again and again.
                data = memoryview(data)[offer.args[0] :]
            else:
                return

    def _begin(self) -> None:
        """Also begins anew: after an offer httptools goes on, but not on a connection that is to be closed."""
        super().__init__(self._callbacks)
        # As uvicorn sets it: what comes after `Connection: close` is passed over while the answer is written.
        self.set_dangerous_leniencies(lenient_data_after_close=True)


class _Callbacks:
    """What httptools calls: the protocol itself, but for the ends of a head and of a message."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self.on_message_begin = protocol.on_message_begin
        self.on_url = protocol.on_url
        self.on_header = protocol.on_header
        self.on_body = protocol.on_body
        self._head = b""
        """Of a message with an offer, while httptools ends it: the head as it is to be read again."""

    def on_headers_complete(self) -> None:
        parser = self._protocol.parser
        if not parser.should_upgrade():
            self._protocol.on_headers_complete()
        elif parser.get_method() == b"CONNECT":
            raise HttpParserError("this is no proxy")
        else:
            self._head = _without_offer(self._protocol)

    def on_message_complete(self) -> None:
        if not self._head:
            self._protocol.on_message_complete()

    def take_head(self) -> bytes:
        head, self._head = self._head, b""
        return head


def _without_offer(protocol: Any) -> bytes:
    parser = protocol.parser
    first = b"%b %b HTTP/%b\r\n" % (parser.get_method(), protocol.url, parser.get_http_version().encode())
    lines = (b"%b: %b\r\n" % header for header in protocol.headers if header[0].lower() != b"upgrade")
    return b"".join((first, *lines, b"\r\n"))
