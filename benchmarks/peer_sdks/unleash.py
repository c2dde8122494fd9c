"""Unleash's SDK, started from features in its cache and never initialised: it registers, fetches and sends nothing.

Its rules are evaluated by a native library, to which every context goes as text; `engine` is that library alone,
without what the SDK adds to each context.
"""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from typing import Any

from UnleashClient import UnleashClient
from UnleashClient.cache import FileCache
from yggdrasil_engine.engine import UnleashEngine

from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer, countries


def constraint(
    name: str, operator: str, *values: str, value: str | None = None, inverted: bool = False
) -> dict[str, Any]:
    return {"contextName": name, "operator": operator, "values": list(values), "value": value, "inverted": inverted}


BETA = [
    constraint("country", "IN", "US"),
    constraint("plan", "NOT_IN", "free"),
    constraint("age", "NUM_GT", value="18"),
    constraint("email", "STR_CONTAINS", "+"),
]


def feature(number: int) -> dict[str, Any]:
    first = [constraint("country", "IN", *countries(number)), constraint("plan", "IN", "pro")]
    third = [
        constraint("email", "STR_ENDS_WITH", "@example.com"),
        constraint("version", "SEMVER_LT", value="1.2.0", inverted=True),
    ]
    everybody = {"name": "default", "parameters": {}}
    half = {"rollout": "50", "stickiness": "userId", "groupId": f"flag-{number}"}
    strategies = [
        {**everybody, "constraints": first},
        {**everybody, "constraints": [constraint("age", "NUM_GTE", value="18")], "segments": [1]},
        {"name": "flexibleRollout", "parameters": half, "constraints": third},
    ]
    return {"name": f"flag-{number}", "type": "release", "enabled": True, "strategies": strategies}


FEATURES = {
    "version": 2,
    "features": [feature(number) for number in range(FLAGS)],
    "segments": [{"id": 1, "constraints": BETA}],
}


def context(attributes: Attributes) -> dict[str, Any]:
    properties = {name: str(value) for name, value in attributes.items() if name != "targetingKey"}
    return {"userId": attributes["targetingKey"], "properties": properties}


def peer() -> Peer:
    folder = tempfile.TemporaryDirectory()
    cache = FileCache("benchmark", directory=folder.name)
    cache.bootstrap_from_dict(FEATURES)
    client = UnleashClient("http://none.invalid", "benchmark", cache=cache, disable_metrics=True)

    def serve(asked: dict[str, Any]) -> bool:
        return bool(client.is_enabled(MEASURED, asked))

    note = "Murmur3; started from its cache and left offline"
    return Peer("Unleash", version("UnleashClient"), note, context, serve, folder.cleanup)


def engine() -> Peer:
    held = UnleashEngine()
    held.take_state(json.dumps(FEATURES))

    def serve(asked: dict[str, Any]) -> bool:
        return held.is_enabled(MEASURED, asked).is_enabled is True

    note = "Murmur3; the native library under Unleash's SDK"
    return Peer("Unleash, engine alone", version("yggdrasil-engine"), note, context, serve)
