"""Two real workers of one edge: one port, one set of limits and figures, one edge to the fleet."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import grpc
import psutil
import pytest
from edge_evaluator.grpc_server.evaluation import SERVICE
from edge_evaluator.grpc_server.generated.verdict_v1_evaluation_pb2 import EvaluateRequest, WatchRequest
from messages.generated.edge_pb2 import EdgeHeartbeat
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from devstack.ports import free_port
from devstack.services import Service
from tests.edge_evaluator.config_writer import SERVER_KEY, ConfigWriter
from tests.edge_evaluator.grpc_server.callers import Caller
from tests.edge_evaluator.sample_flags import FLAGS, SEGMENTS
from tests.environment_writer import open_stream, publish
from tests.integration.worker_processes import Workers, in_one_window
from tests.processes import running
from tests.waiting import until, until_blocking

FLAG = "/ofrep/v1/evaluate/flags/half"
HEADERS = {"authorization": f"Bearer {SERVER_KEY}"}


def body(number: int) -> bytes:
    return json.dumps({"context": {"targetingKey": f"u{number}"}}).encode()


class PublishedFlags:
    """The bus, and who writes its flags."""

    def __init__(self, bus: JetStreamBus, nats: Nats, root: Path) -> None:
        self.bus = bus
        self.writer = ConfigWriter()
        self._url = nats.url
        self._root = root

    async def write(self) -> None:
        await publish(self.bus, self.writer.write(flags=FLAGS, segments=SEGMENTS))

    @contextmanager
    def edge(self, **settings: str) -> Iterator[Workers]:
        """With two workers, ready."""
        environment = {"FF_NATS_URL": self._url, "FF_EDGE_WORKERS": "2"} | settings
        service = Service(self._root, "edge", ("edge_evaluator",), environment)
        service.start()
        try:
            workers = Workers(service, HEADERS)
            workers.await_ready(2)
            yield workers
        finally:
            service.stop()


@pytest.fixture
async def published(fresh_nats: Nats, tmp_path: Path) -> AsyncIterator[PublishedFlags]:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await open_stream(bus)
    flags = PublishedFlags(bus, fresh_nats, tmp_path)
    await flags.write()
    yield flags
    await bus.close()


async def test_a_worker_that_is_killed_costs_only_what_was_under_way_in_it(published: PublishedFlags) -> None:
    with published.edge() as workers:
        first, second = workers.processes()
        with workers.under_load(8, FLAG, body) as load:
            until_blocking(lambda: load.statuses[200] > 200)
            first.kill()
            asked = load.statuses[200]
            until_blocking(lambda: load.statuses[200] > asked + 2000)
            workers.await_ready(2)
        assert load.statuses.keys() == {200}
        # A client has one request under way, and half of the clients were the other worker's.
        assert all(len(each) <= 1 for each in load.failures), load.failures
        assert second in workers.processes()


async def test_readiness_tells_of_a_worker_that_hangs_and_its_connections_are_its_neighbours(
    published: PublishedFlags,
) -> None:
    with published.edge() as workers:
        stopped = workers.processes()[0]
        stopped.send_signal(signal.SIGSTOP)
        try:
            until_blocking(lambda: workers.ask("/readyz")[0] == 503)
            for _ in range(10):
                status, text = workers.ask("/readyz")
                assert (status, "does not answer" in text.decode()) == (503, True)
                assert workers.ask(FLAG, body(1))[0] == 200
        finally:
            stopped.send_signal(signal.SIGCONT)
        workers.await_ready(2)
        assert stopped in workers.processes()


async def test_readiness_tells_of_a_worker_that_is_gone_until_it_is_back(published: PublishedFlags) -> None:
    with published.edge() as workers:
        for process in workers.processes():
            process.kill()
            status, text = workers.ask("/readyz")
            assert status == 200 or b"does not answer" in text or b"starting" in text
            workers.await_ready(2)


async def test_two_workers_let_in_what_one_would(published: PublishedFlags) -> None:
    with published.edge(FF_EDGE_REQUESTS_PER_KEY_PER_SECOND="4") as workers:

        def statuses() -> Counter[int]:
            return Counter(workers.ask(FLAG, body(number))[0] for number in range(120))

        assert in_one_window(statuses)[200] == 40


async def test_connections_are_counted_together(published: PublishedFlags) -> None:
    with published.edge(FF_EDGE_CONNECTIONS_PER_ADDRESS_MAX="6") as workers, ExitStack() as open_ones:

        def held() -> bool:
            connection = workers.connection()
            status, _ = workers.ask_on(connection, "/healthz")
            if status == 200:
                open_ones.callback(connection.close)
            else:
                connection.close()
            return status == 200

        opened = 0

        def one_more() -> bool:
            nonlocal opened
            opened += held()
            return opened == 6

        # What readiness was asked on may be open yet.
        until_blocking(one_more)
        assert not any(held() for _ in range(20))


async def test_streams_are_counted_together_and_end_with_their_worker(published: PublishedFlags) -> None:
    with published.edge(FF_EDGE_STREAMS_PER_KEY_MAX="5") as workers, ExitStack() as open_ones:

        def opened() -> int:
            connection = workers.connection()
            connection.request("GET", "/v1/stream", headers=HEADERS)
            answer = connection.getresponse()
            open_ones.callback(connection.close)
            if answer.status == 200:
                answer.readline()
            return answer.status

        assert Counter(opened() for _ in range(12)) == {200: 5, 429: 7}
        for process in workers.processes():
            process.kill()
        workers.await_ready(2)
        assert Counter(opened() for _ in range(12)) == {200: 5, 429: 7}


async def test_any_worker_tells_the_figures_of_all_and_none_goes_back(published: PublishedFlags) -> None:
    with published.edge() as workers:

        def served() -> float:
            """A request that comes in two pieces may be FastAPI's."""
            _, text = workers.ask("/metrics")
            lines = [each for each in text.decode().splitlines() if 'route="/ofrep/v1/evaluate/flags/{key}"' in each]
            return sum(float(each.rsplit(" ", 1)[1]) for each in lines if "requests_total{" in each)

        for number in range(60):
            assert workers.ask(FLAG, body(number))[0] == 200
        assert {served() for _ in range(10)} == {60.0}
        assert workers.figure("verdict_edge_config_version") == published.writer.version
        victim = workers.processes()[0]
        victim.kill()
        told = [served() for _ in range(50)]
        workers.await_ready(2)
        assert set(told) | {served() for _ in range(10)} == {60.0}


async def test_every_worker_serves_a_change_and_the_fleet_hears_one_edge(published: PublishedFlags) -> None:
    heard: dict[tuple[str, int], int] = {}

    async def listen() -> None:
        async for payload in published.bus.listen("verdict.edges.>"):
            told = EdgeHeartbeat.FromString(payload)
            heard[told.edge_id, told.worker] = told.version

    with published.edge() as workers:
        listening = asyncio.create_task(listen())
        await published.write()
        version = published.writer.version
        await until(lambda: list(heard.values()) == [version, version])
        assert len({edge for edge, _ in heard}) == 1
        assert {worker for _, worker in heard} == {0, 1}
        answers = [json.loads(workers.ask("/v1/environment")[1])["version"] for _ in range(20)]
        assert set(answers) == {version}
        listening.cancel()


async def test_a_stop_ends_both_and_one_snapshot_is_left(published: PublishedFlags, tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    with published.edge(FF_EDGE_SNAPSHOT_DIR=str(folder)) as workers:
        processes = workers.processes()
        supervisor = psutil.Process(workers.service.process.pid)
        with workers.under_load(2, FLAG, body) as load:
            until_blocking(lambda: load.statuses[200] > 50)
        supervisor.terminate()
        until_blocking(lambda: not running([supervisor, *processes]))
    assert load.statuses.keys() == {200}
    assert len(list(folder.iterdir())) in (1, 2)


async def test_workers_end_when_their_supervisor_is_killed(published: PublishedFlags) -> None:
    with published.edge() as workers:
        processes = workers.processes()
        psutil.Process(workers.service.process.pid).kill()
        until_blocking(lambda: not running(processes))


async def test_workers_share_the_port_of_grpc_and_its_limits(published: PublishedFlags) -> None:
    """The kernel deals out connections, so calls on many of them are answered by both."""
    port = free_port()
    with published.edge(FF_EDGE_GRPC_PORT=str(port), FF_EDGE_STREAMS_PER_KEY_MAX="3") as workers:
        calls = 0

        def channel() -> grpc.aio.Channel:
            # A channel of its own connection each: channels to one address share theirs otherwise.
            return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])

        async def ask() -> None:
            nonlocal calls
            async with channel() as asking:
                edge = Caller(asking)
                answer = await edge.call(SERVICE, "Evaluate", EvaluateRequest(flag="plain"))
                assert answer.evaluation.boolean_value is True
                calls += 1

        for _ in range(40):
            await ask()
        until_blocking(lambda: workers.figure("verdict_edge_grpc_calls_total") == calls)
        async with AsyncExitStack() as open_channels:
            streams = 0
            for _ in range(8):
                edge = Caller(await open_channels.enter_async_context(channel()))
                call = edge.stream(SERVICE, "Watch", WatchRequest())
                if streams < 3:
                    await call.read()
                    streams += 1
                    continue
                with pytest.raises(grpc.aio.AioRpcError) as over:
                    await call.read()
                assert over.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for each in workers.processes():
            assert port in {found.laddr.port for found in each.net_connections() if found.status == "LISTEN"}
