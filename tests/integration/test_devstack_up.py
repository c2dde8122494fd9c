"""`up` brings everything up with the demo's data, keeps it running, finds it again the next time; `down` stops it."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from rich.console import Console

from devstack.run_files import is_locked
from examples.cookie_cats.stages import Stages
from examples.seed import behind, seed
from tests.devstack.commands import UP_SECONDS, run
from tests.waiting import until_blocking

pytestmark = pytest.mark.timeout(900)
FOLDER = Path("build/devstack")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which `up` has run for the first time; `down` at the end."""
    folder = tmp_path_factory.mktemp("home")
    said = run("up", folder)
    assert "The edge held version" in said
    yield folder
    assert "The stack is stopped" in run("down", folder)
    assert not (folder / "build/devstack.json").exists()
    assert not is_locked(folder / FOLDER)
    assert [each for each in psutil.process_iter() if str(folder) in " ".join(_line(each))] == []


def _line(process: psutil.Process) -> list[str]:
    try:
        line: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return line


def address_book(home: Path) -> dict[str, Any]:
    book: dict[str, Any] = json.loads((home / "build/devstack.json").read_text())
    return book


def served(book: dict[str, Any], arm: str) -> str:
    headers = {"Authorization": f"Bearer {book['environments']['production']['client_key']}"}
    answer = httpx.get(
        f"{book['edge']}/v1/flags/gate-level", params={"user_id": "u", "recorded_arm": arm}, headers=headers, timeout=60
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["variant"])


def test_the_replay_arrives_at_the_known_answers(home: Path) -> None:
    document = json.loads((home / "build/demo/results.json").read_text())
    assert document["agrees"] is True
    assert len(document["checks"]) == 16
    assert document["propagation_seconds"] > 0
    assert (home / "build/demo/results.png").read_bytes().startswith(b"\x89PNG")


def test_the_address_book_has_the_agreed_form(home: Path) -> None:
    book = address_book(home)
    services = {"origin", "control_plane", "edge", "ingestor", "analytics"}
    assert set(book) == services | {"admin", "project", "environments", "shop"}
    assert set(book["admin"]) == {"email", "password"}
    assert set(book["environments"]["production"]) == {"server_key", "client_key"}
    assert (home / "build/devstack.json").stat().st_mode & 0o777 == 0o600
    for service in ("control_plane", "edge", "ingestor", "analytics"):
        assert httpx.get(f"{book[service]}/readyz", timeout=60).status_code == 200
    for prefix in ("", "/edge", "/events", "/analytics"):
        assert httpx.get(f"{book['origin']}{prefix}/readyz", timeout=60).status_code == 200
    login = httpx.post(f"{book['control_plane']}/api/v1/auth/login", json=book["admin"], timeout=60)
    assert login.status_code == 200
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    flags = httpx.get(f"{book['control_plane']}/api/v1/projects/{book['project']}/flags", headers=headers, timeout=60)
    assert [flag["key"] for flag in flags.json()["items"]] == ["gate-level"]


class ShopReader:
    """Reads as one of the shop's people."""

    def __init__(self, book: dict[str, Any], person: str) -> None:
        self._book = book
        login = {"email": f"{person}@nordwind.example", "password": book["shop"]["password"]}
        answer = httpx.post(f"{book['control_plane']}/api/v1/auth/login", json=login, timeout=60)
        assert answer.status_code == 200, answer.text
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def control_plane(self, path: str) -> Any:
        return self._read(f"{self._book['control_plane']}/api/v1/projects/online-store{path}")

    def organization(self, path: str) -> Any:
        return self._read(
            f"{self._book['control_plane']}/api/v1/organizations/{self._book['shop']['organization']}{path}"
        )

    def analytics(self, path: str) -> Any:
        where = "project=online-store&environment=production"
        return self._read(f"{self._book['analytics']}/v1{path}?{where}")

    def _read(self, address: str) -> Any:
        answer = httpx.get(address, headers=self._headers, timeout=UP_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_the_shop_shows_something_of_everything(home: Path) -> None:
    shop = ShopReader(address_book(home), "bert.okafor")
    assert shop.control_plane("/flags?total=true&limit=1&archived=true")["total"] >= 30
    assert len(shop.control_plane("/segments")["items"]) >= 5
    assert {each["state"] for each in shop.control_plane("/change-requests")["items"]} == {
        "open",
        "applied",
        "rejected",
    }
    production = "/environments/production"

    def states() -> dict[str, str]:
        return {each["key"]: each["state"] for each in shop.control_plane(f"{production}/rollouts")["items"]}

    until_blocking(lambda: states()["payment-provider"] == "rolled_back")
    assert states()["recommendations"] == "running"
    assert shop.control_plane(f"{production}/incidents?rollout=payment-provider")["items"]
    assert shop.control_plane(f"{production}/overrides")["items"]
    assert shop.control_plane("/configs/storefront/environments/production")["overrides"]
    statuses = Counter(each["status"] for each in shop.control_plane("/experiments")["items"])
    assert statuses == {"running": 4, "stopped": 1, "draft": 2}
    assert len(shop.control_plane("/personas")["items"]) >= 4
    assert len(shop.control_plane("/saved-views")["items"]) >= 3


def test_the_shops_chat_is_told_and_its_export_runs(home: Path) -> None:
    shop = ShopReader(address_book(home), "anna.lindqvist")
    (webhook,) = shop.organization("/webhooks")["items"]

    def delivered() -> bool:
        deliveries = shop.organization(f"/webhooks/{webhook['id']}/deliveries")["items"]
        return any(each["last_status"] == 200 for each in deliveries)

    until_blocking(delivered)

    def exported() -> bool:
        (export,) = shop.analytics("/exports")["items"]
        run = export["last_run"]
        return run is not None and run["status"] == "succeeded" and run["rows"]["exposures"] > 0

    until_blocking(exported, UP_SECONDS)


def test_the_shops_experiments_end_as_they_were_written(home: Path) -> None:
    shop = ShopReader(address_book(home), "carla.mendes")

    def results(experiment: str, units: int) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def loaded() -> bool:
            found.update(shop.analytics(f"/experiments/{experiment}/results"))
            return bool(found["units"]["total"] >= units)

        until_blocking(loaded, UP_SECONDS)
        return found

    clear = results("free-shipping-bar-2", 8000)
    assert [each["verdict"] for each in clear["decisions"]] == ["ship"]
    finished = results("express-pay-1", 11_500)
    assert [each["verdict"] for each in finished["decisions"]] == ["ship"]
    mismatch = results("one-page-checkout-1", 5000)
    assert [each["verdict"] for each in mismatch["decisions"]] == ["unhealthy"]
    assert mismatch["sample_ratio"]["mismatch"] is True
    few = results("gift-wrap-iceland", 100)
    assert few["metrics"][0]["variations"][1]["comparison"]["reading"]["state"] == "too_early"


def test_the_shop_is_visited_as_long_as_the_stack_runs(home: Path) -> None:
    book = address_book(home)
    shop = ShopReader(book, "carla.mendes")
    daemon = json.loads((home / FOLDER / "daemon.json").read_text())

    def visited() -> bool:
        return any(each["metric_events"] for each in shop.analytics("/activity")["minutes"][-2:])

    until_blocking(visited)
    lines = [" ".join(_line(child)) for child in psutil.Process(daemon["pid"]).children()]
    assert [each for each in lines if "examples.shop.traffic" in each]


async def test_filling_it_again_changes_nothing(home: Path) -> None:
    book = address_book(home)
    before = ShopReader(book, "anna.lindqvist")
    counts = [before.control_plane(path) for path in ("/flags?total=true&limit=1", "/change-requests", "/experiments")]
    addresses = behind(book["origin"], **book["admin"])
    console = Console(file=(told := StringIO()))
    await seed(addresses, Stages(console), customers=100, password=book["shop"]["password"])
    assert "The replay is there already." in told.getvalue()
    after = ShopReader(book, "anna.lindqvist")
    assert after.control_plane("/flags?total=true&limit=1") == counts[0]
    assert after.control_plane("/change-requests") == counts[1]
    assert [each["status"] for each in after.control_plane("/experiments")["items"]] == [
        each["status"] for each in counts[2]["items"]
    ]


def test_each_part_is_listed_with_its_health_and_its_log(home: Path) -> None:
    rows = {line.split()[0]: line.split() for line in run("ps", home).splitlines() if " healthy" in line}
    stores = {"postgres", "nats", "redis", "clickhouse"}
    services = {"control_plane", "event_ingestor", "edge_evaluator", "analytics", "loader", "monitor", "exporter"}
    assert rows.keys() == stores | services | {"gateway", "shop_chat", "shop_traffic"}
    assert address_book(home)["edge"] == f"http://127.0.0.1:{rows['edge_evaluator'][2]}"
    assert psutil.Process(int(rows["edge_evaluator"][1])).is_running()
    edge = run("logs edge --no-follow --lines 3", home).splitlines()
    assert len(edge) == 3
    assert set(edge) <= set((home / FOLDER / "edge_evaluator/log.txt").read_text().splitlines())
    every = run("logs --no-follow --lines 1", home).splitlines()
    assert {line.split(" | ")[0].strip() for line in every} <= rows.keys()
    assert len(every) > len(stores)


def test_the_databases_of_the_stack_are_migrated_and_filled_once(home: Path) -> None:
    assert '"applied":[]' in run("migrations up", home).replace(" ", "")
    before = address_book(home)
    assert "Evaluating" not in run("seed", home)
    assert address_book(home) == before


def test_the_stack_is_found_running_or_with_its_data(home: Path) -> None:
    before = address_book(home)
    assert "Evaluating" not in run("up", home)
    assert address_book(home) == before
    run("down", home)
    assert "Evaluating" not in run("up", home)
    after = address_book(home)
    assert after["environments"] == before["environments"]
    assert after["admin"] == before["admin"]
    assert [served(after, arm) for arm in ("gate_30", "gate_40")] == ["gate_30", "gate_40"]


def test_a_process_that_dies_is_started_again(home: Path) -> None:
    book = address_book(home)
    daemon = json.loads((home / FOLDER / "daemon.json").read_text())
    (edge,) = (
        child
        for child in psutil.Process(daemon["pid"]).children()
        if any(word.endswith("edge_evaluator") for word in _line(child))
    )
    os.kill(edge.pid, signal.SIGKILL)
    psutil.wait_procs([edge], timeout=10)
    until_blocking(lambda: served(book, "gate_40") == "gate_40", despite=httpx.TransportError)
    assert "edge_evaluator has ended and is started again" in (home / FOLDER / "daemon.log").read_text()
