"""Two control planes and three edges as processes: whoever changes something knows when the last edge has it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.services import Credentials, Service, control_plane
from devstack.stack import Stack
from tests.waiting import same, until_blocking

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
ENVIRONMENT = "/projects/shop/environments/production"
SWITCH = "/projects/shop/flags/checkout/environments/production/enabled"


def edge(root: Path, stack: Stack, name: str) -> Service:
    environment = {"FF_NATS_URL": stack.nats.url, "FF_REGION": f"region-{name}"}
    return Service(root, name, ("edge_evaluator",), environment)


class Platform:
    """The processes, and what people ask them."""

    def __init__(self, root: Path, stack: Stack) -> None:
        credentials = Credentials()
        self.nats = stack.nats
        self.planes = [control_plane(root, stack, credentials, name) for name in ("plane-1", "plane-2")]
        self.edges = {name: edge(root, stack, name) for name in ("one", "two", "three")}
        self.planes[0].start()
        self.planes[1].start()
        self.key = self._set_up(credentials)
        for each in self.edges.values():
            each.launch()
        for each in self.edges.values():
            each.wait_ready()

    def _set_up(self, credentials: Credentials) -> str:
        login = {"email": credentials.admin_email, "password": credentials.admin_password}
        with httpx.Client(base_url=f"{self.planes[0].url}/api/v1", timeout=60) as client:
            for _ in range(2):  # A token names the organizations of its bearer.
                token = client.post("/auth/login", json=login).json()["access_token"]
                client.headers["Authorization"] = self.authorization = f"Bearer {token}"
                client.post("/organizations", json={"key": "acme", "name": "Acme"})
            client.post("/organizations/acme/projects", json={"key": "shop", "name": "Shop"})
            client.post("/projects/shop/environments", json={"key": "production", "name": "Production"})
            key: str = client.post(f"{ENVIRONMENT}/sdk-keys", json={"kind": "server", "name": "B"}).json()["key"]
            assert client.post("/projects/shop/flags", json=FLAG).status_code == 201
        return key

    def ask(self, method: str, path: str, body: Any = None, *, plane: int = 0, wait: int | None = None) -> Any:
        headers = {"Authorization": self.authorization} | ({"Prefer": f"wait={wait}"} if wait else {})
        url = f"{self.planes[plane].url}/api/v1{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=60)
        assert answer.is_success, answer.text
        assert ("preference-applied" in answer.headers) == bool(wait)
        return answer.json()

    def switch(self, *, enabled: bool, plane: int = 0, wait: int = 30) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("PUT", SWITCH, {"enabled": enabled}, plane=plane, wait=wait)
        return found

    def listed(self, plane: int = 0) -> dict[str, Any]:
        """The edges by the names that the test gave them."""
        items = self.ask("GET", f"{ENVIRONMENT}/edges", plane=plane)["items"]
        return {each["region"].removeprefix("region-"): each for each in items}

    def states(self, plane: int = 0) -> dict[str, str]:
        return {name: each["state"] for name, each in self.listed(plane).items()}

    def told(self, metric: str, plane: int = 0) -> float:
        lines = httpx.get(f"{self.planes[plane].url}/metrics", timeout=60).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))

    def served(self, name: str) -> int:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.get(f"{self.edges[name].url}/v1/environment", headers=headers, timeout=60)
        version: int = answer.json()["version"]
        return version

    def until_states(self, **expected: str) -> None:
        until_blocking(lambda: same([self.states(plane) for plane in (0, 1)], [expected, expected]))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    root = tmp_path_factory.mktemp("propagation")
    with Stack(root / "stack", ("postgres", "nats"), durable=False) as stack, ExitStack() as undo:
        running = Platform(root / "services", stack)
        for each in (*running.planes, *running.edges.values()):
            undo.callback(each.stop)
        yield running


@pytest.fixture(autouse=True)
def all_live(platform: Platform) -> None:
    """Each test begins with three edges that serve what was published last."""
    for each in platform.edges.values():
        if not each.running:
            each.start()
    platform.until_states(one="live", two="live", three="live")


@pytest.mark.parametrize("plane", [0, 1])
def test_an_answer_that_waited_is_true_of_every_edge(platform: Platform, plane: int) -> None:
    for enabled in (True, False, True):
        answer = platform.switch(enabled=enabled, plane=plane)
        found = answer["propagation"]
        assert (found["edges"], found["confirmed"], found["laggards"]) == (3, 3, [])
        version = answer["environment_versions"]["production"]
        assert all(platform.served(name) >= version for name in platform.edges)
        way = platform.ask("GET", f"{ENVIRONMENT}/versions/{version}/propagation", plane=plane)
        assert (way["edges"], way["serving"], way["laggards"], way["published"]) == (3, 3, [], True)
        assert way["last_edge"]["id"] in {each["id"] for each in platform.listed(plane).values()}
        assert way["milliseconds"] >= 0


def test_both_control_planes_hear_the_same(platform: Platform) -> None:
    version = platform.switch(enabled=False)["environment_versions"]["production"]

    def heard(plane: int) -> dict[str, Any]:
        return {
            name: tuple(each[field] for field in ("id", "version", "digest", "state", "taken_at", "versions_behind"))
            for name, each in platform.listed(plane).items()
        }

    until_blocking(lambda: same(heard(0), heard(1)))
    assert {each[1] for each in heard(0).values()} == {version}


def test_a_frozen_edge_is_named_a_laggard_and_another_one_is_not(platform: Platform) -> None:
    frozen = platform.listed()["two"]["id"]
    platform.edges["two"].pause()
    try:
        answer = platform.switch(enabled=True, wait=6)
        found = answer["propagation"]
        assert (found["edges"], found["confirmed"], found["laggards"]) == (3, 2, [frozen])
        assert found["milliseconds"] >= 2000
        assert answer["enabled"] is True
    finally:
        platform.edges["two"].resume()
    until_blocking(lambda: platform.listed()["two"]["version"] >= answer["environment_versions"]["production"])


def test_a_killed_edge_is_lost_and_holds_no_write(platform: Platform) -> None:
    killed = platform.listed()["three"]["id"]
    platform.edges["three"].kill()
    found = platform.switch(enabled=False, wait=30)["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (3, 2, [killed])
    assert found["milliseconds"] < 30_000
    platform.until_states(one="live", two="live", three="lost")
    found = platform.switch(enabled=True, wait=30)["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (2, 2, [])
    assert platform.told('verdict_fleet_edges{state="lost"}') >= 1


def test_an_edge_that_is_stopped_is_gone_at_once(platform: Platform) -> None:
    platform.edges["one"].stop()
    found = platform.switch(enabled=False, wait=30)["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (2, 2, [])


def test_while_the_bus_is_away_the_list_says_so_and_nothing_else_suffers(platform: Platform) -> None:
    platform.nats.kill()
    platform.until_states(one="unknown", two="unknown", three="unknown")
    names = sorted(each["id"] for each in platform.listed().values())
    found = platform.switch(enabled=True, wait=1)["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (3, 0, names)
    for each in (*platform.planes, *platform.edges.values()):
        assert httpx.get(f"{each.url}/readyz", timeout=60).status_code == 200
    platform.nats.start()
    platform.until_states(one="live", two="live", three="live")
    assert platform.switch(enabled=False)["propagation"]["confirmed"] == 3


def test_a_client_that_leaves_ends_its_wait(platform: Platform) -> None:
    platform.edges["two"].pause()
    try:
        with pytest.raises(httpx.ReadTimeout):
            httpx.put(
                f"{platform.planes[0].url}/api/v1{SWITCH}",
                json={"enabled": True},
                headers={"Authorization": platform.authorization, "Prefer": "wait=30"},
                timeout=2,
            )
        until_blocking(lambda: same(platform.told('verdict_propagation_waits_total{outcome="left"}'), 1))
        until_blocking(lambda: same(platform.told("verdict_propagation_waiting "), 0))
    finally:
        platform.edges["two"].resume()


def test_a_control_plane_that_stops_answers_who_waits(platform: Platform) -> None:
    platform.edges["two"].pause()
    try:
        with ThreadPoolExecutor(1) as pool:
            before = platform.listed(1)["two"]["version"]
            waiting = pool.submit(platform.switch, enabled=False, plane=1)
            until_blocking(lambda: same(platform.told("verdict_propagation_waiting ", plane=1), 1))
            until_blocking(lambda: all(platform.listed(1)[each]["version"] > before for each in ("one", "three")))
            platform.planes[1].stop()
            found = waiting.result()["propagation"]
        assert (found["edges"], found["confirmed"], len(found["laggards"])) == (3, 2, 1)
        assert found["milliseconds"] < 30_000
    finally:
        platform.edges["two"].resume()
        platform.planes[1].start()
