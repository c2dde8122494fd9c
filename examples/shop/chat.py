"""The team's chat, as far as a webhook sees it: `python -m examples.shop.chat --port PORT` until it is told to stop.

It checks what it is sent and takes it, but for every seventh message, which it is at first too busy for.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BUSY_EVERY = 7


class Chat:
    """What was refused once is taken when it comes again."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def answer(self, message_id: str, body: bytes) -> tuple[int, dict[str, str]]:
        """Status and document."""
        try:
            event = json.loads(body)["type"]
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "not an event"}
        if message_id not in self._seen:
            self._seen.add(message_id)
            if len(self._seen) % _BUSY_EVERY == 0:
                return 503, {"error": "the channel is busy, come again"}
        return 200, {"posted": str(event)}


def _handler(chat: Chat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(200, {"service": "chat"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(*chat.answer(self.headers.get("webhook-id", ""), body))

        def _say(self, status: int, document: dict[str, str]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """The log of deliveries is the control plane's."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(prog="examples.shop.chat", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    with ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), _handler(Chat())) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
