"""What clients have asked and sent, for who holds them to it."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from edge_script.wire import Request

_REQUESTS_KEPT = 20_000
_EVENTS_KEPT = 200_000
_BATCHES_KEPT = 5_000


class Records:
    """The last 20,000 requests, 5,000 batches and 200,000 events."""

    def __init__(self) -> None:
        self.requests: deque[dict[str, Any]] = deque(maxlen=_REQUESTS_KEPT)
        self.batches: deque[dict[str, Any]] = deque(maxlen=_BATCHES_KEPT)
        self.events: dict[str, dict[str, Any]] = {}
        self.counts: Counter[str] = Counter()

    def reset(self) -> None:
        """Forgets all."""
        self.requests.clear()
        self.batches.clear()
        self.events.clear()
        self.counts.clear()

    def asked(self, endpoint: str | None, request: Request, behaviour: str, key: str | None) -> dict[str, Any]:
        """A request. Its `status` is written in later, 0 where none was told; `key` is the kind of its key."""
        self.counts[endpoint or "none"] += 1
        headers = {name: value for name, value in request.headers.items() if name not in ("authorization", "x-api-key")}
        record = {
            "number": self.counts.total(),
            "at": request.at,
            "method": request.method,
            "path": request.path,
            "endpoint": endpoint,
            "behaviour": behaviour,
            "key": key,
            "connection": request.connection,
            "query": {name: value for name, value in request.query.items() if name not in ("token", "client_key")},
            "headers": headers,
            "bytes": len(request.body),
            "status": 0,
        }
        self.requests.append(record)
        return record

    def sent(self, batch: dict[str, Any]) -> None:
        """A batch of events, taken or not."""
        self.batches.append(batch)

    def take(self, event: dict[str, Any]) -> None:
        """An event that was taken; one with an id that is there counts once."""
        if len(self.events) < _EVENTS_KEPT:
            self.events.setdefault(event["event_id"], event)
