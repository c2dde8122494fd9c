"""An upgrade from version 0.1: what it left on the stream and on disk is served as before, then written anew."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bucketing.document import flagset_from_document
from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import content_of
from control_plane.publishing.publisher import Publisher
from edge_evaluator.settings import EdgeSettings
from messages.config_tree import config_message
from messages.documents import flag_document, segment_document
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, config_filter, config_subject
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.edge_evaluator.running_edge import RunningEdge, running_edge
from tests.environment_writer import open_stream
from tests.waiting import until

STORED = Path(__file__).resolve().parents[1] / "messages" / "tree_form"
SERVED = json.loads((STORED / "config.json").read_text())
STREAM = [(subject, base64.b64decode(text)) for subject, text in json.loads((STORED / "stream.json").read_text())]
ENVIRONMENT = "env-1"


@pytest.fixture
async def bus() -> MemoryBus:
    """Holds what version 0.1 published."""
    bus = MemoryBus()
    await open_stream(bus)
    for subject, payload in STREAM:
        await bus.publish(subject, payload)
    return bus


@pytest.fixture
async def edge(bus: MemoryBus) -> AsyncIterator[RunningEdge]:
    async with running_edge(EdgeSettings(edge_anti_entropy_seconds=0.1), flags=(), bus=bus) as edge:
        yield edge


async def served(edge: RunningEdge) -> str:
    """The config document as text, in which 1 and 1.0 are not the same."""
    return json.dumps((await edge.get("/v1/config")).json())


async def answers(edge: RunningEdge) -> list[tuple[str, object, object]]:
    context = {"targetingKey": "u7", "plan": "pro", "company": {"id": "c1"}, "v": "1.3.0"}
    bulk = (await edge.bulk(context)).json()["flags"]
    return [(each["key"], each.get("value"), each.get("reason", each.get("errorCode"))) for each in bulk]


async def test_an_edge_serves_the_stream_that_the_last_version_left(edge: RunningEdge) -> None:
    await edge.serves(SERVED["version"])
    assert unversioned(await served(edge)) == unversioned(json.dumps(SERVED))


async def test_a_relay_writes_the_stream_anew_and_no_answer_changes(edge: RunningEdge, bus: MemoryBus) -> None:
    await edge.serves(SERVED["version"])
    before = await answers(edge)

    publisher = Publisher(bus=bus, clock=ManualClock(), epoch=2)
    await publisher.take_over([ENVIRONMENT])
    publication = await publisher.publish(compiled())
    await until(lambda: edge.edge.memory.environments[ENVIRONMENT].config.epoch == 2)

    trees = {subject for subject, _ in STREAM if kind_of(subject) in ("flag", "segment", "experiment")}
    assert publication.changed == len(trees - {config_subject(ENVIRONMENT, "flag", "gone")})
    found = [ConfigMessage.FromString(each.payload) for each in await bus.read_all(CONFIG, config_filter())]
    assert all(each.WhichOneof("content") for each in found)
    assert await answers(edge) == before
    assert unversioned(await served(edge)) == unversioned(json.dumps(SERVED))


async def test_an_edge_starts_from_the_snapshot_that_the_last_version_left(tmp_path: Path) -> None:
    shutil.copy(STORED / "snapshot.bin", tmp_path / "config-000000000001.snapshot")
    settings = EdgeSettings(edge_snapshot_dir=tmp_path)
    async with running_edge(settings, flags=(), bus=MemoryBus()) as edge:
        await edge.serves(SERVED["version"] + 1)
        now = json.loads(await served(edge))
        assert (await edge.flag("kept")).json()["value"] is True
    assert unversioned(json.dumps(now)) == unversioned(json.dumps(SERVED))


def kind_of(subject: str) -> str:
    return subject.split(".")[2]


def unversioned(document: str) -> object:
    """Without the versions: what is written anew has been written in a version of its own."""
    found = json.loads(document)
    del found["version"]
    assert not found.pop("remote_configs", {})
    for flag in found["flags"].values():
        del flag["version"]
    return found


def compiled() -> CompiledEnvironment:
    """What a relay of today compiles of the same entities."""
    flagset = flagset_from_document(SERVED)
    entries = {
        subject: content_of(config_message(payload))
        for subject, payload in STREAM
        if kind_of(subject) in ("environment", "metric", "experiment")
    }
    for key, flag in flagset.flags.items():
        message = ConfigMessage(environment_id=ENVIRONMENT, flag=flag_document(flag))
        entries[config_subject(ENVIRONMENT, "flag", key)] = content_of(message)
    for key, segment in flagset.segments.items():
        message = ConfigMessage(environment_id=ENVIRONMENT, segment=segment_document(segment))
        entries[config_subject(ENVIRONMENT, "segment", key)] = content_of(message)
    return CompiledEnvironment(ENVIRONMENT, SERVED["version"], entries)
