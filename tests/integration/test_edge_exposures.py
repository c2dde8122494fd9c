"""Exposures from a remote evaluation to whatever stands at the ingestor's address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from edge_evaluator.settings import EdgeSettings

from tests.edge_evaluator.running_edge import SERVER_KEY, RunningEdge, running_edge
from tests.waiting import until


class Ingestor:
    """A small HTTP server that takes batches of events."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.refusals = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                body = await reader.readexactly(int(fields[b"content-length"]))
                if self.refusals:
                    self.refusals -= 1
                    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n")
                    continue
                self.events += [each for each in json.loads(body) if each["type"] == "exposure"]
                self.keys.add(fields[b"authorization"].decode())
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()


@asynccontextmanager
async def edge_with(ingestor: Ingestor, *, fast_path: bool) -> AsyncIterator[RunningEdge]:
    server = await asyncio.start_server(ingestor.serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = EdgeSettings(ingestor_url=address, edge_exposure_flush_seconds=0.02, edge_fast_path=fast_path)
    async with running_edge(settings) as edge:
        yield edge
    server.close()


@pytest.mark.parametrize("fast_path", [True, False])
async def test_evaluations_are_reported_when_the_flag_or_the_request_asks(fast_path: bool) -> None:
    ingestor = Ingestor()
    ingestor.refusals = 1
    async with edge_with(ingestor, fast_path=fast_path) as edge:
        for user in ("u1", "u2", "u1"):
            assert (await edge.flag("reported", {"targetingKey": user})).status_code == 200
        await edge.flag("half", {"targetingKey": "u1"})
        await edge.post("/ofrep/v1/evaluate/flags/half?expose=true", {"context": {"targetingKey": "u3"}})
        await edge.post("/v1/evaluate", {"flag": "plain", "context": {"targetingKey": "u4"}, "expose": True})
        await edge.bulk({"targetingKey": "u5"})
        await edge.get("/v1/flags/reported?user_id=u6")
        await until(lambda: len(ingestor.events) >= 5)
    told = {(event["flag"], event["user_key"]) for event in ingestor.events}
    assert told == {("reported", "u1"), ("reported", "u2"), ("reported", "u6"), ("half", "u3"), ("plain", "u4")}
    assert len(ingestor.events) == 5
    assert {event["config_version"] for event in ingestor.events} == {1}
    assert ingestor.keys == {f"bearer {SERVER_KEY}"}


async def test_an_ingestor_that_is_away_costs_no_evaluation() -> None:
    settings = EdgeSettings(
        ingestor_url="http://127.0.0.1:1", edge_exposure_flush_seconds=0.01, edge_exposure_buffer_max=5
    )
    async with running_edge(settings) as edge:
        answers = [await edge.flag("reported", {"targetingKey": f"u{n}"}) for n in range(20)]
        assert {answer.status_code for answer in answers} == {200}
        metrics = (await edge.get("/metrics")).text
        assert 'verdict_edge_exposures_dropped_total{reason="buffer_full"}' in metrics
