"""Two real workers of one ingestor: limits, tail, counts and metrics are those of one."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from event_ingestor.other_workers import WATCHED_SECONDS

from devstack.parts import Nats
from devstack.services import Service
from tests.integration.test_ingestor_durability import SERVER_KEY, publish_keys, stored_ids
from tests.integration.worker_processes import Workers, in_one_window
from tests.waiting import until_blocking

EVENTS = "/v1/events"
Started = Callable[..., AbstractContextManager[Workers]]


def body(number: int, events: int = 1, mark: str = "") -> bytes:
    now = int(time.time() * 1000)
    made = [
        {
            "type": "metric",
            "event_id": f"n{number}-{each}{mark}",
            "timestamp": now,
            "user_key": each,
            "metric": "purchase",
        }
        for each in range(events)
    ]
    return json.dumps(made).encode()


def unlike_others(number: int) -> bytes:
    """Of batches that are alike one is stored."""
    return body(number, mark=uuid.uuid4().hex)


@pytest.fixture
async def ingestor(fresh_nats: Nats, tmp_path: Path) -> Started:
    """Starts one with two workers."""
    await publish_keys(fresh_nats.url)

    @contextmanager
    def started(**settings: str) -> Iterator[Workers]:
        environment = {
            "FF_NATS_URL": fresh_nats.url,
            "FF_PII_SECRET": "a secret of the tests, long enough",
            "FF_INGESTOR_WORKERS": "2",
        }
        service = Service(tmp_path, "ingestor", ("event_ingestor",), environment | settings)
        service.start()
        try:
            workers = Workers(service, SERVER_KEY)
            workers.await_ready(2)
            yield workers
        finally:
            service.stop()

    return started


async def test_what_was_acknowledged_is_stored_when_a_worker_is_killed(ingestor: Started, fresh_nats: Nats) -> None:
    with ingestor() as workers:
        with workers.under_load(6, EVENTS, unlike_others) as load:
            until_blocking(lambda: load.statuses[202] > 100)
            workers.processes()[0].kill()
            taken = load.statuses[202]
            until_blocking(lambda: load.statuses[202] > taken + 300)
            workers.await_ready(2)
        assert load.statuses.keys() == {202}
        assert all(len(each) <= 1 for each in load.failures), load.failures
    assert len(await stored_ids(fresh_nats.url)) >= load.statuses[202]


async def test_events_are_limited_and_counted_together(ingestor: Started) -> None:
    with ingestor(FF_EVENTS_PER_KEY_PER_SECOND="5") as workers:
        accepted = 0

        def statuses() -> Counter[int]:
            nonlocal accepted
            found = Counter(workers.ask(EVENTS, body(number))[0] for number in range(90))
            accepted += found[202]
            return found

        found = in_one_window(statuses)
        assert found[202] == 50
        # Over its limit, the key may not even ask what was counted.
        until_blocking(lambda: workers.ask("/v1/events/counts")[0] == 200)
        told = [json.loads(workers.ask("/v1/events/counts")[1])["minutes"] for _ in range(5)]
        assert all(each == told[0] for each in told)
        assert sum(each["metrics"] for each in told[0]) == accepted
        assert workers.figure("verdict_events_accepted_total") == sum(each["metrics"] for each in told[0])


async def test_bodies_under_way_are_counted_together(ingestor: Started) -> None:
    with ingestor(FF_INGESTOR_BODIES_PER_KEY_MAX="4") as workers, ExitStack() as open_ones:
        for _ in range(12):
            connection = workers.connection()
            open_ones.callback(connection.close)
            connection.putrequest("POST", EVENTS)
            for name, value in (SERVER_KEY | {"content-length": "1000"}).items():
                connection.putheader(name, value)
            connection.endheaders(b"[")
        until_blocking(lambda: workers.ask(EVENTS, body(0))[0] == 429)
        assert workers.ask("/readyz")[0] == 200


async def test_whoever_watches_sees_what_arrives_at_any_worker(ingestor: Started) -> None:
    with ingestor() as workers, ExitStack() as open_ones:
        watching: list[http.client.HTTPResponse] = []
        for _ in range(5):
            connection = workers.connection()
            open_ones.callback(connection.close)
            connection.request("GET", "/v1/events/tail", headers=SERVER_KEY)
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.readline() == b": watching\n"
            watching.append(answer)
        assert workers.ask("/v1/events/tail")[0] == 429
        heard_by = time.monotonic() + 2 * WATCHED_SECONDS
        until_blocking(lambda: time.monotonic() > heard_by)
        for number in range(40):
            assert workers.ask(EVENTS, body(number))[0] == 202
        for answer in watching:
            seen: set[str] = set()
            while len(seen) < 40:
                line = answer.readline()
                if line.startswith(b"data: "):
                    seen.add(json.loads(line[6:])["event"]["event_id"])
            assert seen == {f"n{number}-0" for number in range(40)}


async def test_one_worker_writes_the_snapshot_and_all_start_from_it(ingestor: Started, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with ingestor(FF_INGESTOR_SNAPSHOT_FILE=str(file)) as workers:
        until_blocking(file.exists)
        for process in workers.processes():
            process.kill()
        workers.await_ready(2)
        assert workers.ask(EVENTS, body(1))[0] == 202
