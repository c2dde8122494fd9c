"""The ingestor's HTTP surface, on a bus in memory."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from event_ingestor.app import build_app
from event_ingestor.composition import Ingestor
from event_ingestor.settings import IngestorSettings
from event_ingestor.tail import WATCHERS_PER_ENVIRONMENT_MAX
from fastapi import FastAPI
from messages.generated import config_pb2 as pb
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.setting_values import Secret
from streams.memory import MemoryBus

from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, exposure, metric, receipt
from tests.waiting import until

ORIGIN = "https://shop.example.org"


def settings(**changes: Any) -> IngestorSettings:
    return IngestorSettings(pii_secret=Secret("a secret of the tests of the ingestor"), **changes)


def app_on(bus: MemoryBus, clock: ManualClock, **changes: Any) -> FastAPI:
    return app_and_ingestor(bus, clock, **changes)[0]


def app_and_ingestor(bus: MemoryBus, clock: ManualClock, **changes: Any) -> tuple[FastAPI, Ingestor]:
    given, registry = settings(**changes), CollectorRegistry()
    ingestor = Ingestor(given, bus, registry, clock)
    return build_app(ingestor, registry, cors_origins=given.ingestor_cors_origins), ingestor


def client_of(app: FastAPI, key: str | None = "server") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


async def wait_ready(client: httpx.AsyncClient) -> None:
    async def is_ready() -> bool:
        return (await client.get("/readyz")).status_code == 200

    await until(is_ready)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def bus() -> MemoryBus:
    made = MemoryBus()
    keys = [sdk_key("server"), sdk_key("client", CLIENT), sdk_key("ended", expires_at=NOW)]
    await ConfigWriter("e1").publish(made, pb.Environment(sdk_keys=keys, pii_attributes=["email"]))
    await ConfigWriter("e2").publish(made, pb.Environment(sdk_keys=[sdk_key("other")]))
    return made


@pytest.fixture
async def client(bus: MemoryBus, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    app = app_on(bus, clock)
    async with app.router.lifespan_context(app), client_of(app) as made:
        await wait_ready(made)
        yield made


async def stored(bus: MemoryBus) -> list[EventBatch]:
    consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=1000)
    return [EventBatch.FromString(message.payload) for message in await consumer.fetch(1000, 0)]


async def test_a_receipt_tells_what_is_stored_and_what_is_not(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    answer = await client.post("/v1/events", json=[exposure(), metric(value="x"), metric()])
    assert answer.status_code == 202
    assert receipt(answer) == {
        "accepted": 2,
        "rejected": [
            {
                "index": 1,
                "code": "wrong_type",
                "detail": "value: must be a number; leave it out for an event that only counts",
            }
        ],
    }
    (batch,) = await stored(bus)
    assert (batch.environment_id, batch.sdk_key_id, batch.exposure_count, batch.metric_count) == (
        "e1",
        "id-server",
        1,
        1,
    )


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (json.dumps({"events": [metric()]}).encode(), {}),
        (json.dumps(metric()).encode() + b"\n", {"content-type": "application/x-ndjson; charset=utf-8"}),
        (gzip.compress(json.dumps([metric()]).encode()), {"content-encoding": "gzip"}),
        (json.dumps([metric()]).encode(), {"content-type": "text/plain"}),
        (json.dumps([metric()]).encode(), {"origin": ORIGIN}),
    ],
)
async def test_every_form_is_taken(
    client: httpx.AsyncClient, bus: MemoryBus, content: bytes, headers: dict[str, str]
) -> None:
    answer = await client.post("/v1/events", content=content, headers=headers)
    assert (answer.status_code, receipt(answer)) == (202, {"accepted": 1, "rejected": []})
    assert answer.headers["content-type"] == "application/json"
    assert len(await stored(bus)) == 1


async def test_the_short_way_and_the_endpoint_answer_alike(client: httpx.AsyncClient) -> None:
    def seen(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
        own = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        body = answer.json()
        body.pop("request_id", None)
        return answer.status_code, json.dumps(body).encode(), own | {"content-length": ""}

    for content in (json.dumps([metric(), 1]).encode(), b"no", b"[" + b"{}," * 6000 + b"{}]"):
        plain = await client.post("/v1/events", content=content)
        packed = await client.post("/v1/events", content=gzip.compress(content), headers={"content-encoding": "gzip"})
        assert seen(plain) == seen(packed)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"hello", {}, 400, "invalid_json"),
        (b"", {}, 400, "invalid_json"),
        (b"[]", {"content-encoding": "gzip"}, 400, "invalid_gzip"),
        (b"[]", {"content-encoding": "br"}, 415, "unsupported_encoding"),
        (b" " * (5 * 1024 * 1024 + 1), {}, 413, "body_too_large"),
        (gzip.compress(b" " * (5 * 1024 * 1024 + 1)), {"content-encoding": "gzip"}, 413, "body_too_large"),
        (b"[" + b"1," * 5000 + b"1]", {}, 413, "too_many_events"),
        (b"[]", {"authorization": "Bearer unknown"}, 401, "sdk_key_invalid"),
        (b"[]", {"authorization": "Bearer ended"}, 401, "sdk_key_invalid"),
        (b"[]", {"authorization": ""}, 401, "credentials_missing"),
    ],
)
async def test_what_is_wrong_with_a_request_is_told(
    client: httpx.AsyncClient, bus: MemoryBus, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post("/v1/events", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert await stored(bus) == []


@pytest.mark.parametrize("headers", [{"authorization": "Bearer client"}, {"x-api-key": "client", "authorization": ""}])
async def test_client_keys_may_send_and_no_more(
    client: httpx.AsyncClient, bus: MemoryBus, headers: dict[str, str]
) -> None:
    client.headers.pop("authorization")
    headers = {name: value for name, value in headers.items() if value}
    assert (await client.post("/v1/events", json=[metric()], headers=headers)).status_code == 202
    assert (await stored(bus))[0].sdk_key_id == "id-client"
    for path in ("/v1/events/tail", "/v1/events/counts"):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "server_key_required")


@pytest.mark.parametrize("path", ["/v1/events/tail", "/v1/events/counts"])
async def test_nothing_is_shown_without_a_key(client: httpx.AsyncClient, path: str) -> None:
    for key in ("", "Bearer ended", "Bearer nobody"):
        assert (await client.get(path, headers={"authorization": key})).status_code == 401


async def test_a_revoked_key_is_refused(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    writer = ConfigWriter("e1")
    writer.version = 1
    await writer.publish(bus, pb.Environment(sdk_keys=[sdk_key("client", CLIENT)]))

    async def is_refused() -> bool:
        return (await client.post("/v1/events", json=[])).status_code == 401

    await until(is_refused)
    answer = await client.post("/v1/events", json=[metric()], headers={"authorization": "Bearer client"})
    assert answer.status_code == 202


async def test_with_the_bus_away_nothing_is_accepted(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    bus.connected = False
    for events in ([metric()], [metric()] * 500):
        answer = await client.post("/v1/events", json=events)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            503,
            "bus_unavailable",
            "1",
        )
    assert (await client.get("/readyz")).json()["checks"]["bus"] == "not connected"
    assert (await client.get("/healthz")).status_code == 200
    bus.connected = True
    assert await stored(bus) == []
    assert (await client.post("/v1/events", json=[metric()])).status_code == 202
    counts = (await client.get("/v1/events/counts")).json()
    assert counts == {
        "environment": "e1",
        "minutes": [{"minute": NOW, "exposures": 0, "metrics": 1, "usage": 0, "unstored": 501, "rejected": {}}],
    }


async def test_a_full_stream_is_told_with_a_time_to_come_back(bus: MemoryBus, clock: ManualClock) -> None:
    app = app_on(bus, clock, events_max_bytes=1024 * 1024)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await wait_ready(client)
        answers = [
            await client.post("/v1/events", json=[metric(event_id=f"{n}", properties={"a": "x" * 30_000})] * 10)
            for n in range(5)
        ]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 503, 503]
        assert (answers[-1].json()["code"], answers[-1].headers["retry-after"]) == ("stream_full", "5")
        assert [batch.metric_count for batch in await stored(bus)] == [10, 10, 10]


async def test_before_the_keys_are_read_nobody_is_turned_away_for_good(clock: ManualClock, tmp_path: Path) -> None:
    bus = MemoryBus()
    app = app_on(bus, clock, ingestor_snapshot_file=tmp_path / "keys")
    async with app.router.lifespan_context(app), client_of(app) as client:
        answer = await client.post("/v1/events", json=[metric()])
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "keys_unknown", "1")
        assert (await client.post("/v1/events", json=[], headers={"authorization": ""})).status_code == 401
        assert (await client.get("/readyz")).status_code == 503
        await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("server")]))
        await wait_ready(client)
        assert (await client.post("/v1/events", json=[metric()])).status_code == 202
        await until((tmp_path / "keys").exists)
    without_config = MemoryBus()
    app = app_on(without_config, clock, ingestor_snapshot_file=tmp_path / "keys")
    async with app.router.lifespan_context(app), client_of(app) as client:
        await wait_ready(client)
        assert (await client.post("/v1/events", json=[metric()])).status_code == 202


ASKED = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,x-api-key,content-type,content-encoding,verdict-sdk",
}


async def test_browsers_may_send_from_anywhere(client: httpx.AsyncClient) -> None:
    answer = await client.options("/v1/events", headers={"origin": ORIGIN, **ASKED})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in answer.headers
    answer = await client.post("/v1/events", json=[], headers={"origin": ORIGIN})
    assert {"etag", "retry-after"} <= {*answer.headers["access-control-expose-headers"].lower().split(", ")}


async def test_a_setting_narrows_it_to_some_origins(bus: MemoryBus, clock: ManualClock) -> None:
    async with client_of(app_on(bus, clock, ingestor_cors_origins=ORIGIN)) as client:
        answer = await client.options("/v1/events", headers={"origin": ORIGIN, **ASKED})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
        answer = await client.options("/v1/events", headers={"origin": "https://evil.example.org", **ASKED})
        assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (400, False)


async def test_the_tail_shows_what_comes_in(bus: MemoryBus, clock: ManualClock) -> None:
    """Asked by hand, because the client of the other tests reads an answer only when it is complete."""
    app, ingestor = app_and_ingestor(bus, clock)
    async with app.router.lifespan_context(app), client_of(app) as client:
        await wait_ready(client)
        frames: asyncio.Queue[str] = asyncio.Queue()
        sent_away = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await sent_away.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                await frames.put(message["body"].decode())

        scope = {
            "type": "http",
            "asgi": {"spec_version": "2.3", "version": "3.0"},
            "method": "GET",
            "path": "/v1/events/tail",
            "query_string": b"",
            "headers": [(b"authorization", b"Bearer server")],
        }
        watching = asyncio.create_task(app(scope, receive, send))
        async with asyncio.timeout(10):
            assert await frames.get() == ": watching\n\n"
            await client.post("/v1/events", json=[metric(properties={"email": "a@b"}), {}])
            await client.post("/v1/events", json=[metric()], headers={"authorization": "Bearer other"})
            seen = await frames.get()
        assert seen.count("event: accepted") == seen.count("event: rejected") == 1
        assert '"code":"missing_field"' in seen
        assert "a@b" not in seen
        sent_away.set()
        await watching
        assert frames.empty()
        with ExitStack() as stack:
            for _ in range(WATCHERS_PER_ENVIRONMENT_MAX):
                stack.enter_context(ingestor.intake.tail.watch("e1"))
            assert (await client.get("/v1/events/tail")).status_code == 429


async def test_metrics_speak_of_events_not_of_people(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json=[metric(user_key="alice"), exposure(user_key="alice"), {"alice": 1}])
    text = (await client.get("/metrics")).text
    assert 'verdict_events_accepted_total{environment="e1",type="metric"} 1.0' in text
    assert 'verdict_events_accepted_total{environment="e1",type="exposure"} 1.0' in text
    assert 'verdict_events_rejected_total{code="missing_field",environment="e1"} 1.0' in text
    assert 'verdict_http_requests_total{method="POST",route="/v1/events",status="202"} 1.0' in text
    assert "verdict_event_in_flight_bytes 0.0" in text
    assert "alice" not in text


async def test_openapi_describes_the_events(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/v1/events"]["post"]
    assert set(operation["responses"]) == {"202", "400", "401", "403", "413", "415", "422", "429", "503"}
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert receipt(await client.post("/v1/events", json=example)) == {"accepted": 2, "rejected": []}
    assert operation["security"] == [{"sdkKeyBearer": []}, {"sdkKeyHeader": []}]


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="FF_PII_SECRET"):
        IngestorSettings(pii_secret=Secret("short"))
