"""The same answer everywhere: 500 flags and 200 contexts drawn at random, in three languages and at a real edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from bucketing import CompiledFlagSet, Decision, compile_flagset
from bucketing.conformance.cases import same_json
from bucketing.document import flagset_from_document
from edge_evaluator.memory.answers import typed_value
from edge_evaluator.settings import EdgeSettings
from sdk_trials.driver import Driver
from service_kit.clock import SystemClock

from tests.edge_evaluator.running_edge import running_edge
from tests.environment_writer import open_stream
from tests.sdks.drivers import driver
from tests.sdks.random_configs import NOW, random_config, random_contexts

SEED, FLAGS, CONTEXTS, CONTEXTS_AT_THE_EDGE = 41, 500, 200, 40
DIFFERENCES_SHOWN = 5
CONFIG = {**random_config(SEED, FLAGS), "salt": "salt-of-env-1"}
"""With the salt of the environment that edges are tested with."""


@pytest.fixture(scope="module")
def compiled() -> CompiledFlagSet:
    return compile_flagset(flagset_from_document(CONFIG))


def answer(decision: Decision) -> dict[str, Any]:
    """As a driver's `evaluate` tells it."""
    return {
        "value": decision.value,
        "variation": decision.variation,
        "reason": decision.reason.value,
        "errorCode": None if decision.error_code is None else decision.error_code.value,
        "experiments": [{"key": each.key, "phase": each.phase} for each in decision.experiments],
        "bucket_by": decision.bucket_by,
        "override": decision.override,
        "paused": decision.paused,
        "prerequisite": decision.prerequisite,
        "overrides": list(decision.applied),
        "invalid_combination": decision.invalid_combination,
        "split": decision.split,
    }


def differences(expected: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if not same_json(told.get(name), value):
            yield f"{name}: {told.get(name)!r} instead of {value!r}"


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_an_engine_answers_as_the_edges_do(language: str, compiled: CompiledFlagSet) -> None:
    found: list[str] = []
    asked = 0
    with Driver(driver(language), {}) as engine:
        engine.ask("batch", config=CONFIG)
        for place, context in enumerate(random_contexts(SEED, CONTEXTS)):
            items = [{"id": key, "flag": key, "context": context, "now": NOW} for key in (*compiled.served, "nowhere")]
            for told in engine.ask("evaluate", items=items):
                asked += 1
                expected = answer(compiled.evaluate(told["id"], context, NOW))
                found += [f"{told['id']} for context {place}: {each}" for each in differences(expected, told)]
    assert found[:DIFFERENCES_SHOWN] == [], f"{len(found)} differences in {asked} answers"
    assert asked == CONTEXTS * (len(compiled.served) + 1)


def at_the_edge(decision: Decision, compiled: CompiledFlagSet) -> dict[str, Any]:
    """What `POST /v1/evaluate` has to say of it."""
    if decision.error_code is not None:
        return {"key": decision.flag, "errorCode": decision.error_code.value}
    flag = compiled.served[decision.flag]
    return {
        "key": decision.flag,
        "value": typed_value(flag, decision.value),
        "variant": decision.variation,
        "reason": decision.reason.value,
        "experiment": decision.experiment,
        "override": decision.override or None,
        "prerequisite": decision.prerequisite,
        "overrides": ",".join(decision.applied) or None,
        "invalid_combination": decision.invalid_combination or None,
        "split": decision.split,
        "experiments": (
            ",".join(f"{each.key}:{each.phase}" for each in decision.experiments)
            if compiled.has_experiments(decision.flag)
            else None
        ),
    }


async def test_a_real_edge_answers_so(monkeypatch: pytest.MonkeyPatch, compiled: CompiledFlagSet) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda clock: NOW)
    flagset = compiled.flagset
    found: list[str] = []
    async with running_edge(EdgeSettings(), flags=()) as edge:
        await open_stream(edge.bus)
        await edge.write(
            flags=flagset.flags.values(),
            segments=flagset.segments.values(),
            experiments=flagset.experiments.values(),
            remote_configs=flagset.remote_configs.values(),
        )
        for place, context in enumerate(random_contexts(SEED, CONTEXTS_AT_THE_EDGE)):
            response = await edge.post("/v1/evaluate", {"context": context, "flags": list(compiled.served)})
            assert response.status_code == 200, response.text
            told_flags = response.json()["flags"]
            assert len(told_flags) == len(compiled.served)
            for told in told_flags:
                expected = at_the_edge(compiled.evaluate(told["key"], context, NOW), compiled)
                shown = {**told.get("metadata", {}), **told}
                found += [f"{told['key']} for context {place}: {each}" for each in differences(expected, shown)]
    assert found[:DIFFERENCES_SHOWN] == [], f"{len(found)} differences"
