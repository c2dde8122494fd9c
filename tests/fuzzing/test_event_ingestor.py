"""The ingestor, on a bus in memory, asked by its document with a key of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.contract.apps import apps
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW
from tests.event_ingestor.test_app import app_on, wait_ready
from tests.fuzzing.documented import CHECKS, Conversation, Operation, in_memory, named, operations_of

OPERATIONS = operations_of(apps()["ingestor"])
TAIL = ("GET", "/v1/events/tail")
"""It ends with its reader, so it is asked without a key alone."""


@pytest.fixture(scope="module")
def ingestor() -> Iterator[Conversation]:
    with asyncio.Runner() as runner:
        bus = MemoryBus()
        runner.run(ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("server")])))
        app = app_on(bus, ManualClock(NOW))
        context, client = app.router.lifespan_context(app), in_memory(app)
        runner.run(context.__aenter__())
        runner.run(wait_ready(client))
        # Of events that it refuses it says so in the receipt of all of them.
        yield Conversation(app, runner, client, checks=CHECKS)
        runner.run(context.__aexit__(None, None, None))


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_ingestor_answers_nothing_but_what_its_document_says(ingestor: Conversation, operation: Operation) -> None:
    ingestor.headers = {} if operation == TAIL else {"Authorization": "Bearer server"}
    assert "\n\n".join(ingestor.findings(operation)) == ""
