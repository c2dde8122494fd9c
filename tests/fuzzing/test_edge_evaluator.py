"""The edge, on a real socket with its short ways, asked by its document with a key of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.apps import apps
from tests.edge_evaluator.running_edge import SERVER_KEY
from tests.edge_evaluator.sample_flags import FLAGS
from tests.edge_evaluator.test_event_relay import Ingestor, edge_with
from tests.fuzzing.documented import Conversation, Operation, named, operations_of

OPERATIONS = operations_of(apps()["edge"])
STREAMS = {("GET", "/ofrep/v1/events"), ("GET", "/v1/stream")}
"""They end with the edge, so they are asked without a key alone."""


@pytest.fixture(scope="module")
def edge() -> Iterator[Conversation]:
    with asyncio.Runner() as runner:
        # Somebody must take the events that the edge passes on; what it answers is not the edge's.
        context = edge_with(Ingestor())
        running = runner.run(context.__aenter__())
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}")
        yield Conversation(running.edge.app, runner, client, {"key": FLAGS[0].key})
        runner.run(client.aclose())
        runner.run(context.__aexit__(None, None, None))


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_edge_answers_nothing_but_what_its_document_says(edge: Conversation, operation: Operation) -> None:
    edge.headers = {} if operation in STREAMS else {"Authorization": f"Bearer {SERVER_KEY}"}
    assert "\n\n".join(edge.findings(operation)) == ""
