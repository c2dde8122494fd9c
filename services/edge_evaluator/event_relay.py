"""Events of SDKs on their way through the edge: a request is read within its share of the room and sent on to the
ingestor, whose answer goes back as it is.

An SDK that knows one address alone sends its events there. Nothing is kept here and nothing is tried again: who sent
them does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter
from service_kit.logs import get_logger
from service_kit.problems import Unavailable
from service_kit.room import Allotment, Room, RoomLimits
from service_kit.workers.shared_counts import WorkerCounts

if TYPE_CHECKING:
    # Loaded by who has an ingestor alone: it takes memory.
    import httpx

BODY_BYTES_MAX = 5 * 1024 * 1024
"""Of a request; the ingestor takes no larger one."""
EVENTS_PATH = "/v1/events"
KEY_HOLDER = "key"
_ROOM = RoomLimits(64 * 1024 * 1024, {KEY_HOLDER: Allotment(bodies=200, bytes=32 * 1024 * 1024)})
_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 30.0
_CONNECTIONS_MAX = 100
_AWAY_SECONDS, _UNSET_SECONDS = 5, 60
_TOLD_BACK = ("content-type", "retry-after", "www-authenticate")
_log = get_logger("event_relay")


@dataclass(frozen=True, slots=True)
class RelayedAnswer:
    """What the ingestor said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class EventRelay:
    """To the ingestor at `address`, empty where there is none. `counts`: of the worker, where there are several."""

    def __init__(self, address: str, registry: CollectorRegistry, counts: WorkerCounts | None = None) -> None:
        self.room = Room(_ROOM, counts)
        self._client = _client_of(address) if address else None
        self._passed = Counter(
            "verdict_edge_event_requests_total",
            "Requests of events that were passed on, by the status of the ingestor's answer, or `away`",
            ["status"],
            registry=registry,
        )

    async def pass_on(self, body: bytes, headers: Mapping[str, str]) -> RelayedAnswer:
        """The ingestor's answer. Raises Unavailable where there is none, or it can't be reached."""
        if self._client is None:
            raise Unavailable(
                "this edge knows no ingestor; send events to the ingestor's own address",
                code="ingestor_unset",
                retry_after_seconds=_UNSET_SECONDS,
            )
        failure: type[Exception] = import_module("httpx").HTTPError
        try:
            answer = await self._client.post(EVENTS_PATH, content=body, headers=headers)
        except failure as error:
            self._passed.labels("away").inc()
            _log.warning("events not passed on", error=type(error).__name__)
            raise Unavailable(
                "the ingestor can't be reached", code="ingestor_unavailable", retry_after_seconds=_AWAY_SECONDS
            ) from None
        self._passed.labels(str(answer.status_code)).inc()
        told = {name: answer.headers[name] for name in _TOLD_BACK if name in answer.headers}
        return RelayedAnswer(answer.status_code, told, answer.content)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _client_of(address: str) -> httpx.AsyncClient:
    library = import_module("httpx")
    client: httpx.AsyncClient = library.AsyncClient(
        base_url=address,
        timeout=library.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
        limits=library.Limits(max_connections=_CONNECTIONS_MAX, max_keepalive_connections=_CONNECTIONS_MAX),
        trust_env=False,
    )
    return client
