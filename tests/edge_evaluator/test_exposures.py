"""Exposures on their way to the ingestor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from bucketing.decision import Decision, ExperimentPhase, Reason
from edge_evaluator.evaluation.exposures import ReportedExposures
from edge_evaluator.event_buffer import EventBuffer
from edge_evaluator.memory.callers import Caller
from messages.sdk_keys import KeyKind, SdkKey
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.waiting import until

CALLER = Caller(b"a-key", SdkKey("env-1", "k", KeyKind.SERVER, b"x" * 32))
OTHER = Caller(b"other-key", SdkKey("env-2", "k", KeyKind.SERVER, b"y" * 32))


def decision(
    flag: str = "f", variation: str = "on", experiments: tuple[str, ...] = (), bucket_by: str | None = None
) -> Decision:
    belongs = tuple(ExperimentPhase(key, 1) for key in experiments)
    return Decision(flag, True, variation, Reason.SPLIT, experiments=belongs, bucket_by=bucket_by)


class Ingestor:
    """Takes what the buffer sends; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 202
        self.limited = b""
        self.requests: list[httpx.Request] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for request in self.requests for event in json.loads(request.content)]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.status == 0:
            raise httpx.ConnectError("refused")
        if self.limited and self.limited.decode() in request.headers["authorization"]:
            return httpx.Response(429, json={})
        self.requests.append(request)
        return httpx.Response(self.status, json={})


class Setup:
    def __init__(self, buffered: int = 20_000, flush_seconds: float = 1.0, window_seconds: float = 600.0) -> None:
        self.ingestor = Ingestor()
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.ingestor), base_url="http://ingestor")
        self.buffer = EventBuffer(client, buffered, flush_seconds, self.registry)
        self.exposures = ReportedExposures(self.buffer, window_seconds, self.clock, self.registry)

    def offer(
        self,
        user: Any,
        made: Decision | None = None,
        *,
        version: int = 1,
        caller: Caller = CALLER,
        names: tuple[str, ...] = (),
        **attributes: Any,
    ) -> None:
        context = {"targetingKey": user, "secret": "x", **attributes}
        self.exposures.offer(caller, version, context, made or decision(), names)

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    made = Setup()
    yield made
    await made.buffer.close()


async def test_an_exposure_is_sent_with_the_callers_key(setup: Setup) -> None:
    setup.offer(
        "u1", decision(experiments=("checkout-test", "watching"), bucket_by="company"), company=7, names=("plan",)
    )
    assert await setup.buffer.flush()
    (request,) = setup.ingestor.requests
    assert (request.url.path, request.headers["authorization"]) == ("/v1/events", "Bearer a-key")
    (event,) = setup.ingestor.events
    assert len(event.pop("event_id")) == 36
    assert event == {
        "type": "exposure",
        "timestamp": "2026-01-05T10:00:00.000Z",
        "user_key": "u1",
        "flag": "f",
        "variation": "on",
        "config_version": 1,
        "context": {},
        "experiment": "checkout-test",
        "experiments": [{"key": "checkout-test", "phase": 1}, {"key": "watching", "phase": 1}],
        "unit_key": "7",
    }


async def test_an_evaluation_without_an_experiment_says_so(setup: Setup) -> None:
    setup.offer("u1")
    await setup.buffer.flush()
    (event,) = setup.ingestor.events
    assert event["experiments"] == []
    assert not event.keys() & {"experiment", "unit_key", "override"}


async def test_what_an_override_decided_is_marked_and_no_repeat_of_what_a_target_did(setup: Setup) -> None:
    setup.offer("u1")
    setup.offer("u1", replace(decision(), override=True))
    await setup.buffer.flush()
    assert [event.get("override") for event in setup.ingestor.events] == [None, True]
    assert len({event["event_id"] for event in setup.ingestor.events}) == 2


async def test_the_percentages_that_decided_are_told_and_others_are_another_exposure(setup: Setup) -> None:
    for split in (None, "$default", "rule-1", "rule-1"):
        setup.offer("u1", replace(decision(), split=split))
    await setup.buffer.flush()
    assert [event.get("split") for event in setup.ingestor.events] == [None, "$default", "rule-1"]
    assert len({event["event_id"] for event in setup.ingestor.events}) == 3


async def test_another_membership_is_another_exposure(setup: Setup) -> None:
    for experiments in ((), ("e",), ("e", "watching"), ("e",)):
        setup.offer("u1", decision(experiments=experiments))
    for company in ("a", "b", "a"):
        setup.offer("u2", decision(bucket_by="company"), company=company)
    await setup.buffer.flush()
    assert len(setup.ingestor.events) == len({event["event_id"] for event in setup.ingestor.events}) == 5


@pytest.mark.parametrize(
    ("names", "context", "expected"),
    [
        (("country", "plan"), {"country": "NO", "email": "x"}, {"country": "NO"}),
        (("n", "t", "f"), {"n": 5, "t": True, "f": 1.5}, {"n": 5, "t": True, "f": 1.5}),
        (("a.b", "a.c", "a.d"), {"a": {"b": 1, "c": 2, "other": 3}}, {"a": {"b": 1, "c": 2}}),
        (("a.b",), {"a.b": "as written", "a": {"b": 1}}, {"a.b": "as written"}),
        (("a", "a.b"), {"a": {"b": {"c": 1}}}, {}),
        (("empty", "null"), {"empty": "", "null": None}, {"empty": ""}),
        (("list", "mixed", "nested"), {"list": ["a", None], "mixed": [{}], "nested": [[1]]}, {"list": ["a", None]}),
        (("long", "list"), {"long": "x" * 257, "list": [0] * 21}, {}),
        (("large", "fits"), {"large": 2**63, "fits": 2**63 - 1}, {"fits": 2**63 - 1}),
    ],
    ids=[
        "those that are named", "scalars", "a path", "as written", "no objects", "empty is a value", "lists of scalars",
        "too long", "integers of 64 bits",
    ],
)  # fmt: skip
async def test_an_exposure_carries_the_attributes_that_are_named(
    setup: Setup, names: tuple[str, ...], context: dict[str, Any], expected: dict[str, Any]
) -> None:
    setup.offer("u1", names=names, **context)
    await setup.buffer.flush()
    (event,) = setup.ingestor.events
    assert event["context"] == expected


async def test_the_same_exposure_is_sent_once_in_a_window(setup: Setup) -> None:
    for _ in range(3):
        setup.offer("u1")
    setup.offer("u1", decision(variation="off"))
    setup.offer("u1", version=2)
    setup.offer("u2")
    setup.offer("u1", caller=OTHER)
    await setup.buffer.flush()
    assert len(setup.ingestor.events) == 5
    assert setup.counted("verdict_edge_exposures_repeated_total") == 2
    setup.clock.advance(1300)
    setup.offer("u9")
    setup.clock.advance(1300)
    setup.offer("u8")
    setup.offer("u1")
    await setup.buffer.flush()
    assert len(setup.ingestor.events) == 8
    assert len({event["event_id"] for event in setup.ingestor.events}) == 8


async def test_two_edges_give_the_same_exposure_the_same_id(setup: Setup) -> None:
    another = Setup()
    for each in (setup, another):
        each.offer(7)
        await each.buffer.flush()
    assert setup.ingestor.events == another.ingestor.events
    await another.buffer.close()


@pytest.mark.parametrize(
    ("user", "key"), [(7, "7"), (7.0, "7"), ("ü", "ü"), (None, None), ("", None), (1.5, None), ([], None)]
)
async def test_only_a_unit_is_exposed(setup: Setup, user: Any, key: str | None) -> None:
    setup.offer(user)
    await setup.buffer.flush()
    assert [event["user_key"] for event in setup.ingestor.events] == ([key] if key else [])


@pytest.mark.parametrize("status", [0, 429, 503])
async def test_what_could_not_be_delivered_is_sent_again(setup: Setup, status: int) -> None:
    setup.ingestor.status = status
    for user in range(1200):
        setup.offer(user)
    assert not await setup.buffer.flush()
    setup.ingestor.status, setup.ingestor.requests = 202, []
    assert await setup.buffer.flush()
    assert [len(json.loads(request.content)) for request in setup.ingestor.requests] == [500, 500, 200]
    assert {event["user_key"] for event in setup.ingestor.events} == {str(user) for user in range(1200)}
    assert setup.counted("verdict_edge_exposures_sent_total") == 1200


async def test_what_is_refused_is_dropped_and_counted(setup: Setup) -> None:
    setup.ingestor.status = 401
    setup.offer("u1")
    assert await setup.buffer.flush()
    assert setup.counted("verdict_edge_exposures_dropped_total", reason="refused") == 1
    assert await setup.buffer.flush()
    assert len(setup.ingestor.requests) == 1


async def test_a_full_buffer_drops_and_counts_and_can_expose_again_later() -> None:
    setup = Setup(buffered=3)
    setup.ingestor.status = 503
    for user in range(5):
        setup.offer(user)
    assert setup.counted("verdict_edge_exposures_dropped_total", reason="buffer_full") == 2
    await setup.buffer.flush()
    setup.ingestor.status, setup.ingestor.requests = 202, []
    await setup.buffer.flush()
    setup.offer(4)
    await setup.buffer.close()
    assert [event["user_key"] for event in setup.ingestor.events] == ["0", "1", "2", "4"]


async def test_it_runs_until_it_is_cancelled() -> None:
    setup = Setup(flush_seconds=0.01)
    running = asyncio.create_task(setup.buffer.run())
    setup.offer("u1")
    await until(lambda: setup.ingestor.requests)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await setup.buffer.close()


async def test_what_is_on_its_way_when_the_edge_stops_is_sent_by_the_last_attempt() -> None:
    setup = Setup()
    begun, never = asyncio.Event(), asyncio.Event()

    async def stalled(_: httpx.Request) -> httpx.Response:
        begun.set()
        await never.wait()
        raise AssertionError

    answering = setup.buffer._client
    setup.buffer._client = httpx.AsyncClient(transport=httpx.MockTransport(stalled), base_url="http://ingestor")
    for number in range(1200):
        setup.offer(f"u{number}")
    sending = asyncio.create_task(setup.buffer.flush())
    await begun.wait()
    sending.cancel()
    await asyncio.wait([sending])
    await setup.buffer._client.aclose()
    setup.buffer._client = answering
    await setup.buffer.close()
    assert [event["user_key"] for event in setup.ingestor.events] == [f"u{number}" for number in range(1200)]


async def test_a_key_over_its_limit_costs_no_other_key_its_exposures(setup: Setup) -> None:
    setup.ingestor.limited = CALLER.presented
    setup.offer("u1")
    setup.offer("u2", caller=OTHER)
    assert await setup.buffer.flush()
    assert [event["user_key"] for event in setup.ingestor.events] == ["u2"]

    setup.ingestor.limited = b""
    assert await setup.buffer.flush()
    assert [event["user_key"] for event in setup.ingestor.events] == ["u2", "u1"]
