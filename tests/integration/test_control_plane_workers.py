"""Two real workers of one control plane: its limits are those of one, and one relay publishes for both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from devstack.parts import Nats
from devstack.services import Service
from tests.integration.test_control_plane_serve import LOGIN, SETTINGS
from tests.integration.worker_processes import Workers, in_one_window
from tests.processes import running
from tests.waiting import until_blocking

TOKEN = "/api/v1/auth/login"


class Started:
    """Starts a control plane with two workers."""

    def __init__(self, folder: Path, database_url: str, nats_url: str) -> None:
        self._folder = folder
        self._environment = SETTINGS | {
            "FF_DATABASE_URL": database_url,
            "FF_NATS_URL": nats_url,
            "FF_CONTROL_PLANE_WORKERS": "2",
        }

    @contextmanager
    def __call__(self, **settings: str) -> Iterator[Workers]:
        service = Service(self._folder, "control_plane", ("control_plane", "serve"), self._environment | settings)
        service.start()
        try:
            workers = Workers(service, {})
            workers.await_ready(2)
            yield workers
        finally:
            service.stop()


@pytest.fixture
def control_plane(tmp_path: Path, postgres_url: str, fresh_nats: Nats) -> Started:
    return Started(tmp_path, postgres_url, fresh_nats.url)


def signed_in(workers: Workers) -> None:
    status, answer = workers.ask(TOKEN, json.dumps(LOGIN).encode())
    assert status == 200, answer
    workers.headers["authorization"] = f"Bearer {json.loads(answer)['access_token']}"


def made(workers: Workers, path: str, **body: Any) -> dict[str, Any]:
    status, answer = workers.ask(path, json.dumps(body).encode())
    assert status == 201, answer
    found: dict[str, Any] = json.loads(answer)
    return found


def relays(workers: Workers) -> list[psutil.Process]:
    found = []
    for worker in workers.processes():
        found += [each for each in running(worker.children()) if "relay_process" in " ".join(each.cmdline())]
    return found


def test_reads_are_limited_together(control_plane: Started) -> None:
    with control_plane(FF_CONTROL_PLANE_READS_PER_ACTOR_PER_SECOND="3") as workers:
        signed_in(workers)

        def statuses() -> Counter[int]:
            return Counter(workers.ask("/api/v1/organizations")[0] for _ in range(50))

        assert in_one_window(statuses)[200] == 30


def test_guesses_are_limited_together(control_plane: Started) -> None:
    with control_plane() as workers:
        wrong = json.dumps(LOGIN | {"password": "not the right one"}).encode()
        assert Counter(workers.ask(TOKEN, wrong)[0] for _ in range(14)) == {401: 8, 429: 6}


def test_a_killed_worker_costs_what_was_under_way_and_one_relay_publishes(control_plane: Started) -> None:
    with control_plane() as workers:
        signed_in(workers)
        until_blocking(lambda: len(relays(workers)) == 1)
        organization = made(workers, "/api/v1/organizations", key="acme", name="Acme")
        at = f"/api/v1/organizations/{organization['key']}/projects"
        made(workers, at, key="shop", name="Shop")
        with workers.under_load(4, at, lambda _: None) as load:
            until_blocking(lambda: load.statuses[200] > 50)
            relays(workers)[0].parent().kill()
            asked = load.statuses[200]
            until_blocking(lambda: load.statuses[200] > asked + 100)
            workers.await_ready(2)
        assert load.statuses.keys() == {200}
        assert all(len(each) <= 1 for each in load.failures), load.failures
        until_blocking(lambda: len(relays(workers)) == 1)
        until_blocking(lambda: workers.figure("verdict_relay_leading") == 1)
        assert workers.figure("verdict_http_requests_total") > load.statuses[200]
