"""What is asked for is counted once for each flag that is answered, on both paths alike, and told minute by minute."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest
from bucketing.decision import Decision, ErrorCode, Reason, failure
from edge_evaluator.event_buffer import EventBuffer
from edge_evaluator.memory.callers import Caller, sdk_named
from edge_evaluator.usage.counts import SHARE, UNKNOWN_KEYS_MAX, Way
from edge_evaluator.usage.summaries import Summaries
from edge_evaluator.usage.tallies import OTHER, SDKS_MAX, Tallies
from messages.events import EVENT_BYTES_MAX
from messages.sdk_keys import KeyKind, SdkKey
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge

MINUTE = 60_000
CALLER = Caller(b"a-key", SdkKey("env-1", "k", KeyKind.SERVER, b"x" * 32))
CONTEXTS: tuple[dict[str, Any], ...] = (
    {"targetingKey": "ann", "country": "US", "plan": "gold"},
    {"targetingKey": "bob"},
    {"targetingKey": "bob"},
    {"targetingKey": "bob"},
    {},
)


def counted(edge: RunningEdge) -> dict[tuple[str, Way], int]:
    """By SDK, all keys together."""
    found: Counter[tuple[str, Way]] = Counter()
    for tally in edge.edge.evaluator.tallies.all():
        for sdk, counts in tally.items():
            for _ in counts.reading():
                pass
            for way, count in counts.take().items():
                found[sdk, way] += count
    return dict(found)


async def ask(edge: RunningEdge) -> tuple[Counter[tuple[str, Way]], set[str]]:
    """Asks for much in many ways. What the answers say was served, and the flags of those that only say 'unchanged'."""
    told: Counter[tuple[str, Way]] = Counter()
    unchanged: set[str] = set()

    def note(answer: dict[str, Any], *, bulk: bool, sdk: str = "tests/1") -> None:
        error = answer.get("errorCode", "")
        way = Way(answer["key"], answer.get("variant", ""), answer.get("reason", "ERROR"), error, bulk)
        told[sdk, way] += 1

    agent = {"user-agent": "tests/1 (something)"}
    for context in CONTEXTS:
        for key in (SERVER_KEY, CLIENT_KEY):
            for flag in ("plain", "visible", "half", "archived", "disabled", "ruled", "nowhere", "Not a key"):
                note((await edge.flag(flag, context, key=key, headers=agent)).json(), bulk=False)
            for more in ({}, {"accept-encoding": "gzip"}):
                answer = await edge.bulk(context, key=key, headers=agent | more)
                for each in answer.json()["flags"]:
                    note(each, bulk=True)
            held = await edge.bulk(context, key=key, headers=agent | {"if-none-match": answer.headers["etag"]})
            assert held.status_code == 304
            unchanged |= {each["key"] for each in answer.json()["flags"]}
    other = {"user_agent": "x y", "verdict_sdk": "node/1.2.0"}
    note((await edge.get("/v1/flags/plain", **other)).json(), bulk=False, sdk="node/1.2.0")
    for answer in (await edge.get("/v1/configs", **other)).json()["configs"]:
        note(answer, bulk=True, sdk="node/1.2.0")
    several = await edge.post("/v1/evaluate", {"flags": ["plain", "nowhere"]}, headers=agent)
    for each in several.json()["flags"]:
        note(each, bulk=False)
    for each in (await edge.post("/v1/evaluate", {}, headers=agent)).json()["flags"]:
        note(each, bulk=True)
    await edge.post("/v1/evaluate", {"flag": "plain", "explain": True}, headers=agent)
    return told, unchanged


async def test_both_paths_count_what_their_answers_say(edge: RunningEdge) -> None:
    told, unchanged = await ask(edge)
    found = counted(edge)
    again = {way for sdk, way in found if way.reason == "CACHED"}

    assert {way.flag for way in again} == unchanged
    named = {
        (sdk, way._replace(flag="") if way.flag == "Not a key" else way): count for (sdk, way), count in told.items()
    }
    assert {key: count for key, count in found.items() if key[1] not in again} == named
    assert ("", "ERROR", "FLAG_NOT_FOUND") in {(way.flag, way.reason, way.error) for _, way in found}
    assert counted(edge) == {}


@pytest.mark.parametrize(
    ("agent", "sdk", "name"),
    [
        ("curl/8.4.0", "", "curl/8.4.0"),
        ("Mozilla/5.0 (X11; Linux) Firefox/1", "", "Mozilla/5.0"),
        ("axios/1.2", "node/2.0.0-rc.1", "node/2.0.0-rc.1"),
        ("", "", ""),
        ("me@example.org", "", ""),
        ("a" * 41, "", ""),
        ("Dart", "b\u00e4d", "Dart"),
    ],
)
def test_what_asks_is_the_first_product_that_it_names(agent: str, sdk: str, name: str) -> None:
    assert sdk_named(agent, sdk) == name


class Setup:
    """Summaries for an ingestor that keeps what it gets. `rejecting`: places of a request that it does not take."""

    def __init__(self, events_max: int = 1000) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.rejecting: list[int] = []
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.tallies = Tallies()
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.take), base_url="http://ingestor")
        self.buffer = EventBuffer(client, events_max, 1.0, self.registry)
        self.summaries = Summaries(self.tallies, self.buffer, self.clock, self.registry)

    def take(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer a-key"
        self.requests.append(json.loads(request.content))
        return httpx.Response(202, json={"accepted": 1, "rejected": [{"index": each} for each in self.rejecting]})

    def ask(self, flag: str, times: int = 1, sdk: str = "tests/1", variation: str | None = "on") -> None:
        for _ in range(times):
            self.tallies.of(CALLER)[sdk].decided(Decision(flag, True, variation, Reason.STATIC))

    async def minute(self) -> list[dict[str, Any]]:
        """What is sent when the next one has begun."""
        self.clock.advance(MINUTE / 1000)
        return await self.sent()

    async def sent(self) -> list[dict[str, Any]]:
        """What is sent now."""
        await self.summaries.tick()
        await self.buffer.flush()
        events = [event for request in self.requests for event in request]
        self.requests.clear()
        return events

    def told(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


async def test_a_minute_is_one_event_of_a_key() -> None:
    setup = Setup()
    await begun(setup, "tests/1", "")
    setup.ask("a", 3)
    assert await setup.sent() == []
    setup.ask("a", 2)
    setup.ask("b", sdk="")
    (event,) = await setup.minute()
    assert len(event.pop("event_id")) == 36
    assert event == {
        "type": "usage",
        "timestamp": "2026-01-05T10:01:00Z",
        "counts": [
            {"flag": "a", "variation": "on", "reason": "STATIC", "sdk": "tests/1", "count": 5},
            {"flag": "b", "variation": "on", "reason": "STATIC", "count": 1},
        ],
    }
    assert setup.told("verdict_edge_usage_sent_total") == 6 + 2
    assert await setup.minute() == []

    setup.ask("a")
    assert [event["timestamp"] for event in await setup.minute()] == ["2026-01-05T10:03:00Z"]


async def begun(setup: Setup, *sdks: str) -> None:
    """These have been told of in this hour."""
    for sdk in sdks:
        setup.ask("begun", sdk=sdk)
    await setup.minute()


async def test_an_sdk_that_begins_is_told_of_at_once_and_counts_once() -> None:
    setup = Setup()
    setup.ask("a", 3)
    ((early,),) = [event["counts"] for event in await setup.sent()]
    assert (early["sdk"], early["count"]) == ("tests/1", 3)
    assert await setup.sent() == []

    setup.ask("a", 2)
    setup.ask("a", sdk="other/1")
    ((other,),) = [event["counts"] for event in await setup.sent()]
    assert (other["sdk"], other["count"]) == ("other/1", 1)
    ((rest,),) = [event["counts"] for event in await setup.minute()]
    assert (rest["sdk"], rest["count"]) == ("tests/1", 2)

    setup.clock.advance(3600)
    setup.ask("a")
    assert len(await setup.minute()) == 1
    setup.ask("a")
    assert len(await setup.sent()) == 1


async def test_many_counts_are_several_events_that_the_ingestor_takes() -> None:
    setup = Setup()
    for number in range(1200):
        setup.ask(f"{number}-" + "f" * 100, variation="v" * 100)
    events = await setup.minute()
    assert sum(len(event["counts"]) for event in events) == 1200
    sizes = [len(json.dumps(event, separators=(",", ":"))) for event in events]
    assert max(sizes) < EVENT_BYTES_MAX
    assert len({event["event_id"] for event in events}) == len(events) > 2


async def test_unknown_keys_and_sdks_are_named_as_far_as_they_are_few() -> None:
    setup = Setup()
    for hour in range(2):
        for number in range(UNKNOWN_KEYS_MAX + 50):
            missing = failure(f"gone-{hour}-{number}", ErrorCode.FLAG_NOT_FOUND, "")
            setup.tallies.of(CALLER)["tests/1"].decided(missing)
        for number in range(SDKS_MAX + 5):
            setup.ask("a", sdk=f"sdk-{hour}/{number}")
        counts = [count for event in await setup.minute() for count in event["counts"]]
        unknown = [each for each in counts if each.get("error")]
        assert len(unknown) == UNKNOWN_KEYS_MAX + 1
        assert [each["count"] for each in unknown if "flag" not in each] == [50]
        sdks = {each["sdk"]: each["count"] for each in counts if each.get("flag") == "a"}
        assert len(sdks) <= SDKS_MAX + 1
        assert sdks[OTHER] >= 5
        setup.clock.advance(3600)
        assert await setup.minute() == []


async def test_what_is_lost_is_told_of() -> None:
    setup = Setup(events_max=1)
    setup.ask("a", 4)
    setup.rejecting = [0]
    assert len(await setup.minute()) == 1
    assert setup.told("verdict_edge_usage_lost_total", reason="refused") == 4

    setup.rejecting = []
    for number in range(501):
        setup.ask(f"f{number}")
    (event,) = await setup.minute()
    lost = setup.told("verdict_edge_usage_lost_total", reason="buffer_full")
    assert len(event["counts"]) == setup.told("verdict_edge_usage_sent_total") == 501 - lost < 501


async def test_a_tally_that_nobody_uses_is_let_go_after_it_was_told() -> None:
    setup = Setup()
    setup.ask("a")
    assert len(await setup.minute()) == 1
    assert len(setup.tallies.all()) == 1
    await setup.minute()
    assert setup.tallies.all() == []


def test_of_very_many_bulk_answers_every_sixteenth_counts_sixteenfold() -> None:
    counts = Tallies().of(CALLER)["tests/1"]
    on, off = (b'{"key":"f","variant":"%b","reason":"SPLIT"}' % each for each in (b"on", b"off"))
    for number in range(100_000):
        counts.bulk([on if number % 5 else off] * 1)
    for _ in counts.reading():
        pass
    found = {way.variation: count for way, count in counts.take().items()}
    assert abs(sum(found.values()) - 100_000) < SHARE
    assert abs(found["off"] - 20_000) < 200
    assert not counts.lost
