"""The control port: what is served, how it breaks, and what clients have done, over plain HTTP and JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from edge_script.edge import Edge
from edge_script.wire import Answer, Exchange, Listener, Request, answer

_STREAM_ACTS = ("say", "end", "half_event", "cut", "mute")
_PORT_STATES = ("open", "closed", "black_hole")


class Control:
    """Acts on `edge`, which answers at `port`."""

    def __init__(self, edge: Edge, port: Listener) -> None:
        self._edge = edge
        self._port = port
        self._reads: dict[str, Callable[[Request], Any]] = {
            "/state": lambda _: self._state(),
            "/document": lambda _: edge.documents.now.document,
            "/requests": self._requests,
            "/batches": lambda _: list(edge.records.batches),
            "/events": self._events,
        }

    async def handle(self, exchange: Exchange) -> None:
        """One request; what can't be understood is 400 with a sentence."""
        try:
            told = await self._handle(exchange.request)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = answer({"detail": f"{type(error).__name__}: {error}"}, 400)
        await exchange.answer(told)

    async def _handle(self, request: Request) -> Answer:
        if request.method == "GET" and request.path in self._reads:
            return answer(self._reads[request.path](request))
        acts = {
            ("PUT", "/document"): self.put_document,
            ("PUT", "/behaviour"): self._put_behaviour,
            ("PUT", "/settings"): self._put_settings,
            ("PUT", "/environment"): self._put_environment,
            ("PUT", "/port"): self.put_port,
            ("POST", "/streams"): self._act_on_streams,
            ("POST", "/release"): self._release,
            ("POST", "/reset"): self._reset,
        }
        act = acts.get((request.method, request.path))
        if act is None:
            return answer({"detail": "there is no such path"}, 404)
        return answer(await act(request.document()))

    async def put_document(self, document: Any) -> Any:
        """The next version of what is served."""
        version = self._edge.documents.put(document)
        self._edge.streams.announce()
        return {"version": version.document["version"], "id": version.id}

    async def put_port(self, document: Any) -> Any:
        """`{"state": "open" | "closed" | "black_hole"}` of the edge's port."""
        state = document["state"]
        if state not in _PORT_STATES:
            raise ValueError(f"state: is none of {', '.join(_PORT_STATES)}")
        if state != self._port.state:
            await {"open": self._port.open, "closed": self._port.close, "black_hole": self._port.vanish}[state]()
        return {"state": self._port.state}

    async def apply(self, document: Any) -> None:
        """All that one entry of a scenario says. Raises ValueError."""
        acts: dict[str, Callable[[Any], Any]] = {
            "document": self.put_document,
            "behaviour": self._put_behaviour,
            "settings": self._put_settings,
            "environment": self._put_environment,
            "port": lambda state: self.put_port({"state": state}),
            "streams": self._act_on_streams,
        }
        unknown = document.keys() - acts.keys()
        if unknown:
            raise ValueError(f"{min(unknown)}: is none of {', '.join(acts)}")
        for name, told in document.items():
            await acts[name](told)

    async def _put_behaviour(self, document: Any) -> Any:
        self._edge.behaviours.put(document)
        return {}

    async def _put_settings(self, document: Any) -> Any:
        unknown = document.keys() - {"heartbeat", "retry"}
        if unknown:
            raise ValueError(f"{min(unknown)}: there is no such setting")
        for name, value in document.items():
            setattr(self._edge.settings, name, value)
        return {}

    async def _put_environment(self, document: Any) -> Any:
        self._edge.environment = dict(document)
        return {}

    async def _act_on_streams(self, document: Any) -> Any:
        if document["do"] not in _STREAM_ACTS:
            raise ValueError(f"do: is none of {', '.join(_STREAM_ACTS)}")
        endpoint = document.get("endpoint", "stream")
        return {"streams": self._edge.streams.act(endpoint, document["do"], document.get("text", ""))}

    async def _release(self, _: Any) -> Any:
        self._edge.release()
        return {}

    async def _reset(self, _: Any) -> Any:
        await self.put_port({"state": "open"})
        self._edge.reset()
        return {}

    def _state(self) -> Any:
        streams = self._edge.streams
        return {
            "at": time.monotonic(),
            "port": self._port.state,
            "version": self._edge.documents.now.document["version"],
            "streams": {name: streams.count(name) for name in ("stream", "refetch")},
            "connections": self._port.connections,
            "open_connections": self._port.open_connections,
            "requests": self._edge.records.counts.total(),
            "events": len(self._edge.records.events),
        }

    def _requests(self, request: Request) -> Any:
        """`?endpoint=` of one endpoint, `?after=` those with a higher number."""
        endpoint, after = request.query.get("endpoint"), int(request.query.get("after", "0"))
        some = self._edge.records.requests
        return [one for one in some if one["number"] > after and endpoint in (None, one["endpoint"])]

    def _events(self, request: Request) -> Any:
        """`?type=` of one type."""
        kind = request.query.get("type")
        return [event for event in self._edge.records.events.values() if kind in (None, event["type"])]
