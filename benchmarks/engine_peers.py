"""The engine beside the Python SDKs of others, on one flag that says the same in each one's words.

`python -m benchmarks.engine_peers`, with whichever of growthbook, launchdarkly-server-sdk, UnleashClient and
openfeature-flagd-core is installed (none is a dependency). Before anything is timed, each must serve the flag
to those it should: bob, who passes two rules and is split by the third, carol, for whom the first rule matches,
and dave, for whom none does. Exits 1 if the engine isn't faster than each.
"""

# ruff: noqa: PLC0415 - each peer is imported only where it is installed
from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bucketing import compile_flagset

from benchmarks.engine import best, table
from benchmarks.engine_flags import CONTEXT, flags

Serve = Callable[[dict], bool]
CAROL = {**CONTEXT, "plan": "pro"}
DAVE = {**CONTEXT, "email": "dave@example.org"}
COUNTRIES = ["US", "DE", "X7"]


def verdict() -> Serve:
    compiled = compile_flagset(flags(50))
    return lambda context: compiled.evaluate("flag-7", context, 0).value


def growthbook() -> Serve:
    from growthbook import GrowthBook

    beta = {"country": "US", "plan": {"$ne": "free"}, "age": {"$gt": 18}, "email": {"$regex": "\\+"}}
    third = {"email": {"$regex": "@example\\.com$"}, "version": {"$vgte": "1.2.0"}}
    split = {"condition": third, "variations": [True, False], "weights": [0.5, 0.5], "hashAttribute": "targetingKey"}
    rules = [
        {"condition": {"country": {"$in": COUNTRIES}, "plan": "pro"}, "force": True},
        {"condition": {"age": {"$gte": 18}, "$and": [beta]}, "force": True},
        {**split, "key": "flag-7"},
    ]
    client = GrowthBook(features={"flag-7": {"defaultValue": False, "rules": rules}})

    def serve(context: dict) -> bool:
        client.set_attributes(context)
        return client.is_on("flag-7")

    return serve


def launchdarkly() -> Serve:
    import ldclient
    from ldclient.config import Config
    from ldclient.integrations import Files

    def clause(attribute: str, operator: str, *values: object, negate: bool = False) -> dict:
        return {"attribute": attribute, "op": operator, "values": list(values), "negate": negate}

    beta = [
        clause("country", "in", "US"),
        clause("plan", "in", "free", negate=True),
        clause("age", "greaterThan", 18),
        clause("email", "contains", "+"),
    ]
    split = {"variations": [{"variation": 0, "weight": 50_000}, {"variation": 1, "weight": 50_000}]}
    third = [clause("email", "endsWith", "@example.com"), clause("version", "semVerGreaterThan", "1.1.999")]
    flag = {
        "key": "flag-7",
        "version": 1,
        "on": True,
        "variations": [True, False],
        "offVariation": 1,
        "fallthrough": {"variation": 1},
        "salt": "benchmark-salt",
        "rules": [
            {"id": "1", "clauses": [clause("country", "in", *COUNTRIES), clause("plan", "in", "pro")], "variation": 0},
            {
                "id": "2",
                "clauses": [clause("age", "greaterThanOrEqual", 18), clause("", "segmentMatch", "beta")],
                "variation": 0,
            },
            {"id": "3", "clauses": third, "rollout": split},
        ],
    }
    segment = {"key": "beta", "version": 1, "salt": "s", "rules": [{"id": "s", "clauses": beta}]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flags.json"
        file.write_text(json.dumps({"flags": {"flag-7": flag}, "segments": {"beta": segment}}))
        source = Files.new_data_source(paths=[str(file)])
        client = ldclient.LDClient(
            Config("key", update_processor_class=source, send_events=False, diagnostic_opt_out=True), start_wait=5
        )

    def serve(context: dict) -> bool:
        builder = ldclient.Context.builder(context["targetingKey"])
        for name, value in context.items():
            if name != "targetingKey":
                builder.set(name, value)
        return client.variation("flag-7", builder.build(), False)

    return serve


def unleash() -> Serve:
    from yggdrasil_engine.engine import UnleashEngine

    def constraint(name: str, operator: str, *values: str, inverted: bool = False, value: str | None = None) -> dict:
        return {
            "contextName": name,
            "operator": operator,
            "values": list(values),
            "value": value,
            "inverted": inverted,
        }

    beta = [
        constraint("country", "IN", "US"),
        constraint("plan", "NOT_IN", "free"),
        constraint("age", "NUM_GT", value="18"),
        constraint("email", "STR_CONTAINS", "+"),
    ]
    third = [
        constraint("email", "STR_ENDS_WITH", "@example.com"),
        constraint("version", "SEMVER_GT", value="1.1.999"),
    ]
    everybody = {"name": "default", "parameters": {}}
    half = {"rollout": "50", "stickiness": "userId", "groupId": "flag-7"}
    strategies = [
        {**everybody, "constraints": [constraint("country", "IN", *COUNTRIES), constraint("plan", "IN", "pro")]},
        {**everybody, "constraints": [constraint("age", "NUM_GTE", value="18")], "segments": [1]},
        {"name": "flexibleRollout", "parameters": half, "constraints": third},
    ]
    toggle = {"name": "flag-7", "type": "release", "enabled": True, "strategies": strategies}
    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 2, "features": [toggle], "segments": [{"id": 1, "constraints": beta}]}))

    def serve(context: dict) -> bool:
        properties = {
            name: str(value) for name, value in context.items() if name not in ("targetingKey", "currentTime")
        }
        return (
            engine.is_enabled("flag-7", {"userId": context["targetingKey"], "properties": properties}).is_enabled
            or False
        )

    return serve


def flagd() -> Serve:
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    def var(name: str) -> dict:
        return {"var": name}

    beta = {
        "and": [
            {"==": [var("country"), "US"]},
            {"!=": [var("plan"), "free"]},
            {">": [var("age"), 18]},
            {"in": ["+", var("email")]},
        ]
    }
    third = {"and": [{"ends_with": [var("email"), "@example.com"]}, {"sem_ver": [var("version"), ">=", "1.2.0"]}]}
    targeting = {
        "if": [
            {"and": [{"in": [var("country"), COUNTRIES]}, {"==": [var("plan"), "pro"]}]},
            "on",
            {"and": [{">=": [var("age"), 18]}, {"$ref": "beta"}]},
            "on",
            third,
            {"fractional": [var("targetingKey"), ["on", 50], ["off", 50]]},
            "off",
        ]
    }
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "targeting": targeting,
    }
    core = FlagdCore()
    core.set_flags(json.dumps({"flags": {"flag-7": flag}, "$evaluators": {"beta": beta}}))

    def serve(context: dict) -> bool:
        attributes = {name: value for name, value in context.items() if name != "targetingKey"}
        asked = EvaluationContext(context["targetingKey"], attributes)
        return core.resolve_boolean_value("flag-7", False, asked).value

    return serve


def main() -> int:
    serves = {"this engine": verdict()}
    for name, make in {
        "GrowthBook": growthbook,
        "LaunchDarkly": launchdarkly,
        "Unleash (its engine alone)": unleash,
        "flagd (its core alone)": flagd,
    }.items():
        try:
            serves[name] = make()
        except ImportError as error:
            print(f"{name}: not installed ({error.name})")
    for name, serve in serves.items():
        bobs = {serve({**CONTEXT, "targetingKey": f"bob-{number}"}) for number in range(100)}
        if not (bobs == {True, False} and serve(CAROL) is True and serve(DAVE) is False):
            raise AssertionError(f"{name} does not serve the flag as it should: {bobs}, {serve(CAROL)}, {serve(DAVE)}")
    times = best({name: (lambda held=serve: held(CONTEXT), 1) for name, serve in serves.items()})
    own = times["this engine"]
    table(
        "one flag of three rules, nanoseconds, and as a multiple of this engine",
        [(name, f"{value:9,.0f}  {value / own:6.1f}") for name, value in times.items()],
    )
    return 0 if all(own < value for name, value in times.items() if name != "this engine") else 1


if __name__ == "__main__":
    sys.exit(main())
