"""A real edge process beside a real bus that is killed, paused and fed with broken messages."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from bucketing.flagset import Comparison, Fixed, Rule
from edge_evaluator.feed.snapshot import Snapshot, SnapshotStore
from messages.documents import flag_document
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, config_subject
from streams import BusError, StreamMissing
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from devstack.services import Service
from tests.edge_evaluator.config_writer import SERVER_KEY, ConfigWriter
from tests.edge_evaluator.sample_flags import FLAGS, SEGMENTS, boolean
from tests.environment_writer import Messages, open_stream, publish
from tests.waiting import PATIENCE_SECONDS, same, until

EDITS = int(os.environ.get("VERDICT_EDGE_EDITS", "120"))
KILLS = max(3, EDITS // 50)
USERS = int(os.environ.get("VERDICT_EDGE_USERS", "400"))
HEADERS = {"authorization": f"Bearer {SERVER_KEY}"}


class Edge:
    """A process, and what a client asks it."""

    def __init__(self, root: Path, nats_url: str, **settings: str) -> None:
        self.folder = root / "snapshot"
        self.service = Service(
            root,
            "edge",
            ("edge_evaluator",),
            {
                "FF_NATS_URL": nats_url,
                "FF_EDGE_SNAPSHOT_DIR": str(self.folder),
                "FF_EDGE_SNAPSHOT_INTERVAL_SECONDS": "0.05",
            }
            | settings,
        )

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.service.url, headers=HEADERS, timeout=5)

    def get(self, path: str) -> httpx.Response:
        with self.client() as client:
            return client.get(path)

    def flag(self, key: str, user: str = "u") -> httpx.Response:
        return self.get(f"/v1/flags/{key}?user_id={user}")

    def assignments(self) -> dict[str, str]:
        with self.client() as client:
            return {
                f"u{n}": client.post(
                    "/ofrep/v1/evaluate/flags/half", json={"context": {"targetingKey": f"u{n}"}}
                ).json()["variant"]
                for n in range(USERS)
            }

    def metric(self, line: str) -> float:
        for each in self.get("/metrics").text.splitlines():
            if each.startswith(line + " ") or (each.startswith(line + "{") and "{" not in line):
                return float(each.rsplit(" ", 1)[1])
        return 0.0

    def age_seconds(self) -> float:
        """How long ago the edge heard from the bus, as its clients and its metrics are told."""
        told = self.get("/v1/environment").json()["age_seconds"]
        return min(float(told), self.metric("verdict_edge_config_age_seconds"))

    async def serves(self, version: int) -> None:
        """Returns when the version has arrived."""
        await until(lambda: same(self.get("/v1/environment").json().get("version"), version))

    async def has_saved(self, version: int = 1) -> None:
        """Returns when a snapshot of the version is on disk."""
        await until(lambda: _saved_version(self) >= version)


@contextmanager
def under_load(edge: Edge) -> Iterator[list[int]]:
    """Asks without a pause in four threads; the statuses are whole when the context has ended."""
    statuses: list[int] = []
    over = threading.Event()

    def ask(number: int) -> None:
        with edge.client() as client:
            while not over.is_set():
                body = {"context": {"targetingKey": f"u{number}"}}
                statuses.append(client.post("/ofrep/v1/evaluate/flags/half", json=body).status_code)
                statuses.append(client.post("/ofrep/v1/evaluate/flags", json=body).status_code)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, number) for number in range(4)]
        yield statuses
        over.set()
        for each in asking:
            each.result()


@pytest.fixture
def edge(tmp_path: Path, fresh_nats: Nats) -> Iterator[Edge]:
    made = Edge(tmp_path, fresh_nats.url)
    yield made
    made.service.stop()


@pytest.fixture
async def bus(fresh_nats: Nats) -> AsyncIterator[JetStreamBus]:
    connected = await JetStreamBus.connect(fresh_nats.url, name="test")
    await open_stream(connected)
    yield connected
    await connected.close()


async def publish_stubbornly(bus: JetStreamBus, messages: Messages) -> None:
    """Repeats each message until the bus has it, like the relay does."""
    for subject, payload in messages:
        await until(partial(bus.publish, subject, payload), despite=BusError)


@asynccontextmanager
async def serving(edge: Edge, bus: JetStreamBus) -> AsyncIterator[ConfigWriter]:
    writer = ConfigWriter()
    await publish(bus, writer.write(flags=FLAGS, segments=SEGMENTS))
    edge.service.start()
    await edge.serves(1)
    yield writer


def why_unready(edge: Edge) -> str:
    answer = edge.get("/readyz")
    assert answer.status_code == 503
    return str(answer.json()["checks"]["configuration"])


def assert_not_known_yet(edge: Edge) -> None:
    """Whatever the key is worth, nobody can say yet."""
    for answer in (edge.flag("plain"), edge.get("/v1/environment"), edge.get("/v1/config")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    with edge.client() as client:
        for path in ("/ofrep/v1/evaluate/flags/plain", "/ofrep/v1/evaluate/flags"):
            answer = client.post(path, json={"context": {"targetingKey": "u"}})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_an_edge_without_a_configuration_is_unready_makes_none_and_answers_503(
    edge: Edge, fresh_nats: Nats
) -> None:
    edge.service.launch()
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await until(lambda: "the control plane makes it" in why_unready(edge), despite=httpx.TransportError)
    assert_not_known_yet(edge)
    with pytest.raises(StreamMissing):
        await bus.state(CONFIG)

    await open_stream(bus)
    await until(lambda: "CONFIG is empty" in why_unready(edge))
    assert_not_known_yet(edge)

    await publish(bus, ConfigWriter().write(flags=FLAGS, segments=SEGMENTS))
    await until(lambda: same(edge.get("/readyz").status_code, 200))
    assert edge.flag("plain").json()["value"] is True
    with httpx.Client(base_url=edge.service.url, headers={"x-api-key": "another"}) as stranger:
        await until(lambda: same(stranger.get("/v1/flags/plain").status_code, 401))
    await bus.close()


async def test_a_configuration_that_vanishes_stays_in_use_until_a_version_that_is_not_older(
    edge: Edge, bus: JetStreamBus
) -> None:
    async with serving(edge, bus) as writer:
        for number in range(5):
            await publish(bus, writer.write(flags=[boolean(f"more-{number}")]))
        await edge.serves(6)
        await bus._context.delete_stream(CONFIG)
        await until(lambda: edge.age_seconds() >= 3)
        assert edge.get("/readyz").status_code == 200
        assert edge.metric("verdict_config_age_seconds") >= 3

        await open_stream(bus)
        older = ConfigWriter()
        await publish(bus, older.write(flags=[boolean("plain", default=Fixed("off"))]))
        await until(lambda: edge.metric('verdict_config_rejected_total{reason="old_version"}') >= 1)
        with edge.client() as client:
            assert {client.get("/v1/flags/plain").json()["value"] for _ in range(20)} == {True}
        assert edge.age_seconds() >= 3

        version = writer.version
        await publish(bus, list(writer.entries.items()))
        await publish(bus, [writer.manifest()])
        await until(lambda: edge.age_seconds() < 3)
        assert edge.get("/v1/environment").json()["version"] == version
        assert edge.flag("plain").json()["value"] is True


async def test_nothing_behind_and_nothing_saved_is_unready_not_empty(tmp_path: Path) -> None:
    edge = Edge(tmp_path, "nats://127.0.0.1:1")
    edge.service.launch()
    try:
        await until(lambda: same(edge.get("/healthz").status_code, 200), despite=httpx.TransportError)
        assert edge.get("/readyz").status_code == 503
        answer = edge.flag("plain")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["errorCode"] == "GENERAL"
    finally:
        edge.service.stop()


async def test_everything_behind_the_edge_dies_and_it_answers_as_before(
    edge: Edge, bus: JetStreamBus, fresh_nats: Nats
) -> None:
    async with serving(edge, bus):
        before = edge.assignments()
        with under_load(edge) as statuses:
            fresh_nats.kill()
            assert edge.assignments() == before
        assert len(statuses) > 100
        assert set(statuses) == {200}
        assert edge.get("/readyz").status_code == 200
        await edge.has_saved()
        await until(lambda: not bus.connected)
        edge.service.kill()
        edge.service.start()
        assert edge.assignments() == before
        assert edge.get("/readyz").status_code == 200


async def test_staleness_is_told_while_the_bus_is_paused_and_ends_afterwards(
    edge: Edge, bus: JetStreamBus, fresh_nats: Nats
) -> None:
    async with serving(edge, bus) as writer:
        fresh_nats.pause()
        try:
            await until(lambda: edge.age_seconds() >= 4)
            assert edge.get("/readyz").status_code == 200
            assert edge.flag("plain").json()["value"] is True
        finally:
            fresh_nats.resume()
        await publish_stubbornly(bus, writer.write(flags=[boolean("plain", default=Fixed("off"))]))
        await edge.serves(2)
        assert edge.flag("plain").json()["value"] is False
        await until(lambda: edge.get("/v1/environment").json()["age_seconds"] <= 3)


async def test_no_edit_is_missed_while_the_bus_is_killed_again_and_again(
    edge: Edge, bus: JetStreamBus, fresh_nats: Nats
) -> None:
    async with serving(edge, bus) as writer:
        kill_at = {(n + 1) * EDITS // (KILLS + 1) for n in range(KILLS)}
        for edit in range(EDITS):
            if edit in kill_at:
                fresh_nats.kill()
                await asyncio.to_thread(fresh_nats.start)
            flag = boolean(f"edited-{edit % 17}", default=Fixed("on" if edit % 2 else "off"))
            await publish_stubbornly(bus, writer.write(flags=[flag]))
        await edge.serves(writer.version)
        assert edge.get("/v1/environment").json()["digest"] == writer.digest


async def test_what_cannot_be_read_never_replaces_what_can(edge: Edge, bus: JetStreamBus) -> None:
    async with serving(edge, bus) as writer:
        torn_subject = config_subject(writer.environment_id, "flag", "plain")
        new_subject = config_subject(writer.environment_id, "flag", "never-good")
        writer.version += 1
        writer.hold(torn_subject, writer.entries[torn_subject][:-3])
        writer.hold(new_subject, b"\xff\xff\xff")
        strange = boolean("half", rules=(Rule("r", Comparison("a", "is_telepathic", 1), Fixed("on")),))
        strange_message = writer.entity("flag", "half", flag=flag_document(strange))
        other = writer.entity("flag", "other", flag=flag_document(boolean("other")))
        await publish(bus, [(torn_subject, writer.entries[torn_subject]), (new_subject, b"\xff\xff\xff")])
        await publish(bus, [strange_message, other, writer.manifest()])
        await edge.serves(2)
        assert edge.flag("plain").json()["value"] is True
        assert edge.flag("half", "u1").json()["reason"] == "SPLIT"
        assert edge.flag("other").json()["value"] is True
        unread = edge.flag("never-good")
        assert (unread.status_code, unread.json()["errorCode"]) == (400, "PARSE_ERROR")
        assert edge.metric('verdict_edge_config_unusable_total{kind="flag"}') == 3
        before = edge.assignments()
        await edge.has_saved(2)
        edge.service.kill()
        edge.service.environment["FF_NATS_URL"] = "nats://127.0.0.1:1"
        edge.service.start()
        assert edge.flag("plain").json()["value"] is True
        assert edge.assignments() == before
        assert edge.flag("never-good").json()["errorCode"] == "PARSE_ERROR"


async def test_a_wrong_digest_keeps_the_last_good_until_the_right_one(edge: Edge, bus: JetStreamBus) -> None:
    async with serving(edge, bus) as writer:
        *entries, manifest = writer.write(flags=[boolean("plain", default=Fixed("off"))])
        wrong = ConfigWriter()
        wrong.version = writer.version
        await publish(bus, [*entries, wrong.manifest()])
        await until(lambda: edge.metric("verdict_config_rereads_total") >= 2)
        assert edge.get("/v1/environment").json()["version"] == 1
        assert edge.flag("plain").json()["value"] is True
        await publish(bus, [manifest])
        await edge.serves(2)
        assert edge.flag("plain").json()["value"] is False


async def test_a_stream_made_anew_is_followed(edge: Edge, bus: JetStreamBus, fresh_nats: Nats) -> None:
    async with serving(edge, bus) as writer:
        fresh_nats.kill()
        shutil.rmtree(fresh_nats.data)
        fresh_nats.start()

        async def opened() -> bool:
            await open_stream(bus)
            return True

        await until(opened, despite=BusError)
        again = ConfigWriter()
        again.version = writer.version + 4
        assert edge.flag("plain").json()["value"] is True
        await publish_stubbornly(bus, again.write(flags=[boolean("plain", default=Fixed("off"))]))
        await edge.serves(again.version)
        assert edge.flag("plain").json()["value"] is False
        assert edge.flag("half").status_code == 404


async def test_every_damage_of_a_snapshot_is_seen(edge: Edge, bus: JetStreamBus) -> None:
    async with serving(edge, bus):
        await edge.has_saved()
        good = SnapshotStore(edge.folder).files()[0].read_bytes()
        edge.service.stop()
    damages = [good[: len(good) * n // 64] for n in range(64)]
    damages += [_flipped(good, n * (len(good) - 1) // 15) for n in range(16)]
    damages += [b"", good.replace(b" 1 ", b" 0 ", 1), good + b"x"]
    store = SnapshotStore(edge.folder)
    for file in store.files():
        file.unlink()
    for number, damage in enumerate(damages, start=1):
        (edge.folder / f"config-{number:012d}.snapshot").write_bytes(damage)
    usable = [path for path, found in store.load() if not isinstance(found, Exception)]
    assert usable == []
    (edge.folder / "config-000000000000.snapshot").write_bytes(good)
    edge.service.environment["FF_NATS_URL"] = "nats://127.0.0.1:1"
    edge.service.start()
    assert edge.flag("plain").json()["value"] is True


async def test_a_bad_snapshot_alone_is_like_none(tmp_path: Path) -> None:
    edge = Edge(tmp_path, "nats://127.0.0.1:1")
    edge.folder.mkdir()
    (edge.folder / "config-000000000001.snapshot").write_bytes(b"verdict-edge-snapshot 1 00\nx")
    edge.service.launch()
    try:
        await until(lambda: same(edge.get("/healthz").status_code, 200), despite=httpx.TransportError)
        assert edge.get("/readyz").status_code == 503
        assert edge.flag("plain").status_code == 503
    finally:
        edge.service.stop()


async def test_a_revoked_key_stops_working_and_its_replacement_overlaps(edge: Edge, bus: JetStreamBus) -> None:
    async with serving(edge, bus) as writer:
        both = [(SERVER_KEY, "server"), ("srv_replacement", "server")]
        await publish(bus, writer.rewrite_keys(both))
        await edge.serves(2)
        await publish(bus, writer.rewrite_keys(both[1:]))
        await until(lambda: same(edge.flag("plain").status_code, 401))
        async with httpx.AsyncClient(base_url=edge.service.url, headers={"x-api-key": "srv_replacement"}) as client:
            assert (await client.get("/v1/flags/plain")).status_code == 200


async def test_it_stops_when_asked_although_streams_are_open(edge: Edge, bus: JetStreamBus) -> None:
    async with serving(edge, bus):
        with edge.client() as client, client.stream("GET", "/v1/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry:")
            os.kill(edge.service.pid, signal.SIGTERM)
            for _ in lines:
                pass
            assert edge.service.process.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM)
            assert "graceful shutdown exceeded" not in edge.service.log.read_text()


def _flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1 :]


def _saved_version(edge: Edge) -> int:
    _, newest = next(iter(SnapshotStore(edge.folder).load()), (None, None))
    if not isinstance(newest, Snapshot):
        return 0
    return ConfigMessage.FromString(newest.environments[0].manifest).version
