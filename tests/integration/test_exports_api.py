"""`/v1/exports` over HTTP: who may what, what is refused, and that credentials never come out again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from analytics.app import build_app
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.models import Run
from analytics.exports.repository import ExportRepository
from analytics.exports.seal import Sealer
from analytics.exports.worker import ExportWorker
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.exports.export_parts import NOW, SECRET, export_catalog, export_worker, store_exposures
from tests.analytics.people import PERSON, bearer

HOST = "store.example.com"
HIDDEN = "AKIA-hidden-secret-value"
STORE = {"type": "object_store", "bucket": "my-bucket", "region": "eu-north-1"}
KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": HIDDEN}
SNOWFLAKE = {"type": "snowflake", "account": "ab12345.eu-north-1", "user": "u", "database": "D", "schema": "S"}
NIGHTLY = {
    "name": "Nightly",
    "project": "shop",
    "environment": "production",
    "destination": {"type": "folder", "path": "nightly"},
}
Client = httpx.AsyncClient
Start = Callable[..., Awaitable[Client]]


@pytest.fixture
def policy(tmp_path: Path) -> DestinationPolicy:
    return DestinationPolicy(tmp_path, ["s3.*.amazonaws.com", "store.example.com"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def client(warehouse: ArrowWarehouse, policy: DestinationPolicy, clock: ManualClock) -> AsyncIterator[Client]:
    """As an administrator of org-1."""
    parts = parts_of(
        export_catalog(),
        warehouse,
        clock,
        destinations=policy,
        sealer=Sealer(SECRET),
    )
    transport = httpx.ASGITransport(build_app(parts, Shell(registry=CollectorRegistry())))
    async with Client(transport=transport, base_url="http://analytics", headers=bearer()) as client:
        yield client


@pytest.fixture
def worker(warehouse: ArrowWarehouse, policy: DestinationPolicy) -> ExportWorker:
    return export_worker(warehouse, policy=policy)


async def made(client: Client, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/exports", json=NIGHTLY | changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/exports/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'
    return cast("dict[str, Any]", answer.json())


async def test_an_export_is_made_tested_run_read_changed_and_removed(
    client: Client, warehouse: ArrowWarehouse, worker: ExportWorker, tmp_path: Path
) -> None:
    await store_exposures(warehouse, ["1", "2", "3"])
    export = await made(client)
    assert (export["schedule"], export["daily_at"], export["next_run_at"], export["credentials"]) == (
        "daily",
        "02:00",
        "2026-01-06T02:00:00.000Z",
        "none",
    )
    path = f"/v1/exports/{export['id']}"
    tested = await client.post(f"{path}/test")
    assert tested.json() == {"ok": True, "code": None, "detail": "the destination takes what a run brings"}
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []

    started = await client.post(f"{path}/runs", json={"mode": "incremental"})
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    again = await client.post(f"{path}/runs")
    assert (again.status_code, again.json()["code"]) == (409, "run_in_progress")
    await worker.look()
    await worker.settle()
    run = (await client.get(started.headers["location"])).json()
    assert (run["status"], run["mode"], run["error"], run["requested_by"]) == ("succeeded", "full", None, str(PERSON))
    assert run["rows"] == {"exposures": 3, "metric_events": 0, "flags": 1, "experiments": 1, "results": 2}

    changed = await client.patch(path, json={"schedule": "hourly", "name": "Often"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["schedule"], changed.json()["next_run_at"]) == ("hourly", "2026-01-05T11:00:00.000Z")
    listed = (await client.get("/v1/exports", params={"project": "shop"})).json()["items"]
    assert [(each["name"], each["last_run"]["number"]) for each in listed] == [("Often", 1)]

    assert (await client.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.get("/v1/exports")).json() == {"items": [], "next_cursor": None}


async def test_an_export_that_goes_shifts_nothing_in_the_list(client: Client, clock: ManualClock) -> None:
    ids = []
    for number in range(5):
        clock.advance(1)
        ids.append((await made(client, destination={"type": "folder", "path": f"nightly-{number}"}))["id"])
    first = (await client.get("/v1/exports", params={"limit": 2})).json()
    assert (await client.delete(f"/v1/exports/{ids[0]}", headers={"If-Match": '"1"'})).status_code == 204
    second = (await client.get("/v1/exports", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=2", "cursor=%25", "cursor=", "limit=0", "limit=201"])
async def test_the_lists_take_no_other_cursor_and_no_other_limit(client: Client, query: str) -> None:
    for path in ("/v1/exports", f"/v1/exports/{(await made(client))['id']}/runs"):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, query.partition("=")[0])


async def test_the_log_of_runs_has_pages(client: Client, warehouse: ArrowWarehouse) -> None:
    export = await made(client)
    repository = ExportRepository(ExportStore(warehouse))
    stored = (await repository.exports())[0].export
    for number in range(1, 6):
        failed = Run(
            number=number, mode="incremental", cause="schedule", status="failed", requested_at=NOW, error="full disk"
        )
        assert await repository.save_run(stored, failed, 1)
    path = f"/v1/exports/{export['id']}/runs"
    first = (await client.get(path, params={"limit": 3})).json()
    second = (await client.get(path, params={"limit": 3, "cursor": first["next_cursor"]})).json()

    assert [each["number"] for each in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next_cursor"] is None
    assert first["items"][0]["error"] == "full disk"
    exact = (await client.get(path, params={"limit": 5})).json()
    assert (len(exact["items"]), exact["next_cursor"]) == (5, None)


@pytest.mark.parametrize("role", ["viewer", "developer", "analyst"])
async def test_others_read_and_change_nothing(client: Client, role: str) -> None:
    path = f"/v1/exports/{(await made(client))['id']}"
    headers = bearer(role)
    assert (await client.get(path, headers=headers)).status_code == 200
    assert (await client.get(f"{path}/runs", headers=headers)).status_code == 200
    seen = headers | {"If-Match": '"1"'}
    for answer in (
        await client.post("/v1/exports", json=NIGHTLY, headers=headers),
        await client.patch(path, json={"name": "Mine"}, headers=seen),
        await client.delete(path, headers=seen),
        await client.post(f"{path}/test", headers=headers),
        await client.post(f"{path}/runs", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_right")


async def test_absent_and_not_yours_are_the_same(client: Client) -> None:
    mine = (await made(client))["id"]
    stranger = bearer("owner", "org-2")
    for method, path in (
        ("GET", "/v1/exports/{}"),
        ("PATCH", "/v1/exports/{}"),
        ("DELETE", "/v1/exports/{}"),
        ("POST", "/v1/exports/{}/test"),
        ("POST", "/v1/exports/{}/runs"),
        ("GET", "/v1/exports/{}/runs"),
        ("GET", "/v1/exports/{}/runs/1"),
    ):
        more: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        headers = stranger | {"If-Match": '"1"'}
        hidden = await client.request(method, path.format(mine), headers=headers, **more)
        absent = await client.request(method, path.format("nothing"), headers=headers, **more)
        assert hidden.status_code == absent.status_code == 404
        assert {**hidden.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert (await client.get("/v1/exports", headers=stranger)).json()["items"] == []
    # The other organization's environment has the same keys, and is found in its own organization only.
    theirs = await client.post("/v1/exports", json=NIGHTLY, headers=stranger)
    assert theirs.status_code == 201
    assert [each["id"] for each in (await client.get("/v1/exports")).json()["items"]] == [mine]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/exports"), ("POST", "/v1/exports/x/runs")])
async def test_nothing_without_a_token(client: Client, method: str, path: str, headers: dict[str, str]) -> None:
    del client.headers["Authorization"]
    assert (await client.request(method, path, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"destination": {"type": "folder", "path": "../secrets"}}, "destination.folder.path"),
        ({"destination": {"type": "folder", "path": "/etc"}}, "destination.folder.path"),
        ({"destination": {"type": "folder", "path": "a/../../b"}}, "destination.folder.path"),
        ({"destination": {"type": "folder", "path": "a/./b"}}, "destination.folder.path"),
        ({"destination": {"type": "folder", "path": "a\x00b"}}, "destination.path"),
        ({"destination": {"type": "folder", "path": "a\\..\\b"}}, "destination.folder.path"),
        ({"destination": {"type": "ftp", "path": "x"}}, "destination"),
        ({"destination": STORE | {"bucket": "../other"}, "credentials": KEYS}, "destination.object_store.bucket"),
        ({"destination": STORE | {"endpoint": "https://evil.example"}, "credentials": KEYS}, "destination.endpoint"),
        ({"destination": STORE | {"endpoint": "http://" + HOST}, "credentials": KEYS}, "destination.endpoint"),
        ({"destination": STORE | {"endpoint": "https://127.0.0.1"}, "credentials": KEYS}, "destination.endpoint"),
        ({"destination": STORE | {"endpoint": "store.example.com:8080"}, "credentials": KEYS}, "destination.endpoint"),
        ({"destination": STORE}, "credentials"),
        ({"destination": STORE, "credentials": {"password": HIDDEN}}, "credentials"),
        ({"destination": SNOWFLAKE | {"database": 'D"; DROP'}, "credentials": {"password": HIDDEN}},
         "destination.snowflake.database"),
        ({"destination": SNOWFLAKE | {"account": "evil.example/x"}, "credentials": {"password": HIDDEN}},
         "destination.snowflake.account"),
        ({"destination": SNOWFLAKE | {"endpoint": "snow.example.com"}, "credentials": {"password": HIDDEN}},
         "destination.endpoint"),
        ({"credentials": {"password": HIDDEN}}, "credentials"),
        ({"datasets": []}, "datasets"),
        ({"datasets": ["people"]}, "datasets[0]"),
        ({"schedule": "weekly"}, "schedule"),
        ({"daily_at": "24:00"}, "daily_at"),
        ({"name": " "}, "name"),
        ({"organization_id": "org-2"}, "organization_id"),
    ],
    ids=[
        "path outside the root", "absolute path", "path that leaves the root", "path with a dot",
        "path with a zero byte", "path with backslashes", "unknown destination", "bucket outside the store",
        "store that is not allowed", "store without TLS", "store on this host", "store on another port",
        "store without credentials", "store with a password", "database with a quote", "account with a slash",
        "snowflake that is not allowed", "folder with credentials", "no datasets", "unknown dataset",
        "unknown schedule", "hour out of range", "blank name", "another organization",
    ],
)  # fmt: skip
async def test_a_wrong_export_names_its_field(client: Client, changes: dict[str, Any], field: str) -> None:
    answer = await client.post("/v1/exports", json=NIGHTLY | changes)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"] for each in answer.json()["errors"]]
    assert HIDDEN not in answer.text


async def test_writes_name_the_version_they_change(client: Client) -> None:
    path = f"/v1/exports/{(await made(client))['id']}"
    assert (await client.patch(path, json={"paused": True})).status_code == 428
    assert (await client.delete(path)).status_code == 428
    assert (await client.patch(path, json={"paused": True}, headers={"If-Match": '"9"'})).status_code == 412
    assert (await client.patch(path, json={"paused": True}, headers={"If-Match": "x"})).status_code == 400
    assert (await client.patch(path, json={"paused": True}, headers={"If-Match": '"1"'})).status_code == 200
    assert (await client.patch(path, json={"paused": False}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.get(path)).json()["paused"] is True


async def test_a_second_export_to_the_same_place_is_refused(client: Client) -> None:
    await made(client)
    answer = await client.post("/v1/exports", json=NIGHTLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "destination_taken")


async def test_credentials_never_come_out(
    client: Client, warehouse: ArrowWarehouse, caplog: pytest.LogCaptureFixture, worker: ExportWorker
) -> None:
    caplog.set_level(logging.DEBUG)
    export = await made(client, destination=STORE, credentials=KEYS)
    path = f"/v1/exports/{export['id']}"
    changed = await client.patch(path, json={"credentials": KEYS}, headers={"If-Match": '"1"'})
    texts = [changed.text, (await client.get(path)).text, (await client.get("/v1/exports")).text, str(export)]
    tables = await warehouse.rows("SELECT name FROM system.tables WHERE database = currentDatabase()", {})
    texts += [str(await warehouse.rows(f"SELECT * FROM {table['name']}", {})) for table in tables]
    texts.append(caplog.text)

    assert changed.json()["credentials"] == "stored"
    for text in texts:
        assert HIDDEN not in text
        assert KEYS["access_key_id"] not in text


async def test_a_new_destination_needs_its_credentials_again(client: Client) -> None:
    path = f"/v1/exports/{(await made(client, destination=STORE, credentials=KEYS))['id']}"
    elsewhere = STORE | {"endpoint": "https://store.example.com"}
    answer = await client.patch(path, json={"destination": elsewhere}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "credentials")
    answer = await client.patch(path, json={"destination": elsewhere, "credentials": KEYS}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200


async def test_what_is_wrong_with_a_destination_is_said_in_words(client: Client, tmp_path: Path) -> None:
    export = await made(client)
    (tmp_path / "org-1").mkdir()
    (tmp_path / "org-1" / "nightly").write_text("a file, where the folder should be")
    answer = (await client.post(f"/v1/exports/{export['id']}/test")).json()
    assert (answer["ok"], answer["code"]) == (False, "not_a_folder")
    assert str(tmp_path) not in answer["detail"]


async def test_a_link_out_of_the_folder_is_refused(client: Client, tmp_path: Path) -> None:
    export = await made(client)
    (tmp_path / "org-1").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "org-1" / "nightly").symlink_to(tmp_path / "outside")
    answer = (await client.post(f"/v1/exports/{export['id']}/test")).json()
    assert (answer["ok"], answer["code"]) == (False, "outside_root")
    assert list((tmp_path / "outside").iterdir()) == []


async def test_without_a_secret_no_credentials_are_taken(warehouse: ArrowWarehouse) -> None:
    catalog, clock = export_catalog(), ManualClock(NOW)
    parts = parts_of(catalog, warehouse, clock)
    transport = httpx.ASGITransport(build_app(parts, Shell(registry=CollectorRegistry())))
    async with Client(transport=transport, base_url="http://analytics", headers=bearer()) as client:
        store = await client.post("/v1/exports", json=NIGHTLY | {"destination": STORE, "credentials": KEYS})
        folder = await client.post("/v1/exports", json=NIGHTLY)
    assert store.json()["errors"][0]["field"] == "credentials"
    assert folder.json()["errors"][0]["field"] == "destination.type"


async def test_a_changed_secret_is_said_in_words(client: Client, warehouse: ArrowWarehouse, policy: Any) -> None:
    export = await made(client, destination=STORE, credentials=KEYS)
    catalog, clock = export_catalog(), ManualClock(NOW)
    parts = parts_of(
        catalog,
        warehouse,
        clock,
        destinations=policy,
        sealer=Sealer("another secret of more than thirty-two bytes"),
    )
    transport = httpx.ASGITransport(build_app(parts, Shell(registry=CollectorRegistry())))
    async with Client(transport=transport, base_url="http://analytics", headers=bearer()) as other:
        answer = (await other.post(f"/v1/exports/{export['id']}/test")).json()
    assert (answer["ok"], answer["code"]) == (False, "credentials_unreadable")
