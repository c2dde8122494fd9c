"""Metrics as OTLP sends them: what becomes of each data point, on a bus in memory."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from google.protobuf.json_format import ParseDict
from messages.arms import ARM_SOURCE_LENGTH, arm_prefix
from messages.generated import config_pb2 as config
from messages.generated.otlp_pb2 import OtlpMetricsRequest, OtlpMetricsResponse
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW
from tests.event_ingestor.test_app import app_on, client_of, stored, wait_ready

PATH = "/v1/otlp/metrics"
PROTOBUF = {"content-type": "application/x-protobuf"}
ARM = {"feature_flag.key": "new-checkout", "feature_flag.result.variant": "on"}
DELTA, CUMULATIVE = 1, 2


def attributes(**said: Any) -> list[dict[str, Any]]:
    def value(each: Any) -> dict[str, Any]:
        if isinstance(each, dict):
            return {"kvlistValue": {"values": attributes(**each)}}
        return {{bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}[type(each)]: each}

    return [{"key": name, "value": value(each)} for name, each in said.items()]


def number(value: float, said: dict[str, Any] | None = None, *, at: int = NOW) -> dict[str, Any]:
    told: dict[str, Any] = {"asInt": value} if isinstance(value, int) else {"asDouble": value}
    if not math.isfinite(value):
        told = {"asDouble": {"nan": "NaN", "inf": "Infinity"}[str(value)]}
    return {"timeUnixNano": str(at * 1_000_000), "attributes": attributes(**(ARM if said is None else said)), **told}


def histogram(count: int, total: float) -> dict[str, Any]:
    return {"timeUnixNano": NOW * 1_000_000, "count": count, "sum": total, "attributes": attributes(**ARM)}


def summed(name: str, *points: dict[str, Any], temporality: int = DELTA, monotonic: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "sum": {"dataPoints": list(points), "aggregationTemporality": temporality, "isMonotonic": monotonic},
    }


def request(*metrics: dict[str, Any], instance: str = "a") -> dict[str, Any]:
    resource = {"attributes": attributes(**{"service.name": "shop", "service.instance.id": instance})}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": list(metrics)}]}]}


def as_protobuf(document: dict[str, Any]) -> bytes:
    return ParseDict(document, OtlpMetricsRequest(), ignore_unknown_fields=True).SerializeToString()


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def client(bus: MemoryBus) -> AsyncIterator[httpx.AsyncClient]:
    keys = [sdk_key("server"), sdk_key("client", CLIENT)]
    environment = config.Environment(sdk_keys=keys, hash_user_keys=True, pii_attributes=["email"])
    await ConfigWriter("e1").publish(bus, environment)
    app = app_on(bus, ManualClock(NOW))
    async with app.router.lifespan_context(app), client_of(app) as made:
        await wait_ready(made)
        yield made


async def lines(bus: MemoryBus) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for batch in await stored(bus) for line in batch.metrics.splitlines()]


async def test_data_points_become_events_of_their_arm(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    document = request(
        summed("errors", number(3, ARM | {"route": "/pay", "email": "a@b.c"})),
        {"name": "load", "gauge": {"dataPoints": [number(0.5)]}},
        summed("queue", number(7), temporality=CUMULATIVE, monotonic=False),
        {"name": "latency", "histogram": {"dataPoints": [histogram(4, 1.5)], "aggregationTemporality": DELTA}},
    )
    answers = [await client.post(PATH, content=as_protobuf(document), headers=PROTOBUF)]
    answers.append(await client.post(PATH, json=document))
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert OtlpMetricsResponse.FromString(answers[0].content).partial_success.rejected_data_points == 0
    assert "rejectedDataPoints" not in answers[1].json()["partialSuccess"]
    found = await lines(bus)
    values = {line["metric"]: line["value"] for line in found}
    assert values == {"errors": 3.0, "load": 0.5, "queue": 7.0, "latency.count": 4.0, "latency.sum": 1.5}
    # Both encodings say the same, so that the second request is the first one sent again.
    assert len(found) == 5
    (unit,) = {line["user_key"] for line in found}
    prefix = arm_prefix("new-checkout", "on")
    assert unit.startswith(prefix)
    assert len(unit) == len(prefix) + ARM_SOURCE_LENGTH
    kept = next(line for line in found if line["metric"] == "errors")["properties"]
    assert kept["email"] != "a@b.c"
    assert kept | {"email": ""} == ARM | {"route": "/pay", "email": "", "service.name": "shop"}


async def test_an_arm_has_a_unit_a_process_and_second(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    other = ARM | {"feature_flag.result.variant": "off"}
    points = [number(1), number(2, at=NOW + 5), number(3, at=NOW + 1000), number(4, other)]
    for document in (request(summed("errors", *points)), request(summed("errors", points[0]), instance="b")):
        assert (await client.post(PATH, json=document)).status_code == 200
    found = await lines(bus)
    assert len(found) == 5
    assert len({line["user_key"] for line in found}) == 4
    one, two = (line["user_key"] for line in found[:2])
    assert one == two


async def test_a_user_is_a_unit_and_hidden_as_in_events(client: httpx.AsyncClient, bus: MemoryBus) -> None:
    said = {"feature_flag.context.id": "u1"}
    assert (await client.post(PATH, json=request(summed("errors", number(1, said))))).status_code == 200
    event = {"type": "metric", "event_id": "e", "timestamp": NOW, "user_key": "u1", "metric": "errors"}
    await client.post("/v1/events", json=[event])
    sent, plain = await lines(bus)
    assert sent["user_key"] == plain["user_key"] != "u1"
    assert "u1" not in json.dumps(sent)


@pytest.mark.parametrize(
    ("metric", "code"),
    [
        pytest.param(summed("errors", number(1), temporality=CUMULATIVE), "cumulative", id="cumulative"),
        pytest.param(summed("errors", number(1), temporality=0), "cumulative", id="unspecified"),
        pytest.param({"name": "x", "summary": {"dataPoints": [{}]}}, "unsupported_kind", id="summary"),
        pytest.param(summed("errors", number(1, {})), "no_arm", id="no arm"),
        pytest.param(summed("errors", number(1, {"feature_flag.key": "new-checkout"})), "no_arm", id="no variant"),
        pytest.param(summed("errors", number(1, ARM | {"feature_flag.key": "No Key"})), "invalid_key", id="flag"),
        pytest.param(
            summed("errors", number(1, ARM | {"feature_flag.result.variant": "x" * 129})), "too_long", id="variant"
        ),
        pytest.param(summed("errors", number(float("nan"))), "not_finite", id="nan"),
        pytest.param(summed("errors", number(float("inf"))), "not_finite", id="infinity"),
        pytest.param(summed("errors", number(1e16)), "out_of_range", id="too large"),
        pytest.param(summed("errors", number(1, at=0)), "timestamp_too_old", id="too old"),
        pytest.param(summed("errors", number(1, at=NOW + 3 * 86_400_000)), "timestamp_too_new", id="too new"),
        pytest.param(summed("", number(1)), "empty_field", id="no name"),
        pytest.param(summed("x" * 129, number(1)), "too_long", id="long name"),
        pytest.param(summed("errors", number(1, ARM | {"": "x"})), "too_long", id="long attribute"),
        pytest.param(summed("errors", number(1, ARM | {"n": "\0"})), "nul_character", id="nul"),
        pytest.param(summed("errors", number(1, ARM | {"n": "x" * 33_000})), "event_too_large", id="large"),
        pytest.param(
            summed("errors", number(1, ARM | {"n": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}})),
            "nested_too_deep",
            id="nested",
        ),
    ],
)
async def test_a_data_point_is_refused_by_itself(
    client: httpx.AsyncClient, bus: MemoryBus, metric: dict[str, Any], code: str
) -> None:
    document = request(summed("errors", number(1)), metric)
    answer = await client.post(PATH, content=as_protobuf(document), headers=PROTOBUF)
    assert answer.status_code == 200, answer.text
    told = OtlpMetricsResponse.FromString(answer.content).partial_success
    assert (told.rejected_data_points, told.error_message.partition(":")[0]) == (1, code)
    assert len(await lines(bus)) == 1


async def test_what_is_not_recorded_and_what_is_not_known_costs_nothing(client: httpx.AsyncClient) -> None:
    document = request(summed("errors", number(1) | {"flags": 1}, {"exemplars": [{"spanId": "eee19b7ec3c1b174"}]}))
    answer = await client.post(PATH, json=document | {"news": 1})
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"\xff\xff", PROTOBUF, 400, "invalid_protobuf"),
        (b"{", {"content-type": "application/json"}, 400, "invalid_json"),
        (b'{"resourceMetrics": 1}', {"content-type": "application/json"}, 400, "invalid_json"),
        (b'{"resourceMetrics": [{"schemaUrl": "\\ud800"}]}', {"content-type": "application/json"}, 200, None),
        (
            b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "\\ud800"}]}]}]}',
            {"content-type": "application/json"},
            400,
            "invalid_json",
        ),
        (b"[" * 100_000, {"content-type": "application/json"}, 400, "invalid_json"),
        (b"{}", {"content-type": "text/plain"}, 415, "unsupported_media_type"),
        (b"", {}, 415, "unsupported_media_type"),
        (b"\x0a\x00" * 600_000, PROTOBUF, 413, "body_too_large"),
        (gzip.compress(b"\x0a\x00" * 600_000), PROTOBUF | {"content-encoding": "gzip"}, 413, "body_too_large"),
        (as_protobuf(request(summed("errors", *[number(1)] * 5_001))), PROTOBUF, 413, "too_many_events"),
    ],
)
async def test_a_request_that_cannot_be_read(
    client: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = await client.post(PATH, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["code"] == code


async def test_a_packed_request_with_a_client_key_counts_like_events(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(as_protobuf(request(summed("errors", number(1), number(1, {})))))
    headers = PROTOBUF | {"content-encoding": "gzip", "authorization": "Bearer client"}
    assert (await client.post(PATH, content=packed, headers=headers)).status_code == 200
    (minute,) = (await client.get("/v1/events/counts")).json()["minutes"]
    assert (minute["metrics"], minute["rejected"]) == (1, {"no_arm": 1})
