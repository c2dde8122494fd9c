"""The rule that says which experiments a change disturbs, held to its vectors and to the engine itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.decision import Decision
from bucketing.document import flagset_from_document
from bucketing.flagset import FlagSet
from control_plane.previews.integrity import disturbed

VECTORS = json.loads(Path(__file__).with_name("integrity.json").read_text())
CASES: list[dict[str, Any]] = VECTORS["cases"]
ATTRIBUTES: dict[str, tuple[Any, ...]] = {
    "targetingKey": ("qa", "gone", "anna", "u", "u1", "u8", "u9", "u10", *(f"user-{index}" for index in range(60))),
    "country": ("DE", "FR"),
    "paid": (1, 2),
    "agent": ("bot", "Bot"),
}
CONTEXTS = [{**dict(zip(ATTRIBUTES, each, strict=True)), "company": "acme"} for each in product(*ATTRIBUTES.values())]


def sets_of(case: Mapping[str, Any]) -> tuple[FlagSet, FlagSet]:
    before = VECTORS["configs"][case["config"]]
    after = {name: dict(part) if isinstance(part, dict) else part for name, part in before.items()}
    for section, entities in case["change"].items():
        for key, fields in entities.items():
            held = after[section].pop(key, {})
            if fields is not None:
                after[section][key] = {name: each for name, each in {**held, **fields}.items() if each is not None}
    return flagset_from_document(before), flagset_from_document(after)


def found(case: Mapping[str, Any]) -> list[list[str]]:
    return [
        [each.kind, ",".join(each.path.fields), *(f"{hop.entity}:{hop.key}" for hop in each.path.hops)]
        for one in disturbed(*sets_of(case), case.get("now", 2000))
        for each in one.disturbances
    ]


@pytest.mark.parametrize("case", CASES, ids=[each["id"] for each in CASES])
def test_a_change_disturbs(case: dict[str, Any]) -> None:
    assert found(case) == case["disturbances"]


def inside(decision: Decision, experiment: str) -> bool:
    return experiment in {each.key for each in decision.experiments}


def test_no_unit_of_an_experiment_is_decided_otherwise_unseen() -> None:
    """The engine, asked for thousands of contexts: who was in an experiment that a change doesn't disturb is in it
    still, with the same value."""
    compiled: dict[str, CompiledFlagSet] = {}
    for case in CASES:
        before, after = sets_of(case)
        was = compiled.setdefault(case["config"], compile_flagset(before))
        becomes, now = compile_flagset(after), case.get("now", 2000)
        seen = {each[-1].partition(":")[2] for each in case["disturbances"]}
        for key, experiment in before.experiments.items():
            later = after.experiments.get(key)
            if key in seen or later is None or (later.stop_at, later.phase) != (experiment.stop_at, experiment.phase):
                continue
            moved = [
                context
                for context in CONTEXTS
                if inside(one := was.evaluate(experiment.flag, context, now), key)
                and not (
                    (inside(other := becomes.evaluate(experiment.flag, context, now), key) or later.paused)
                    and (one.variation, one.value) == (other.variation, other.value)
                )
            ]
            assert not moved, (case["id"], key, moved[0])


def test_there_are_enough_cases_of_each_kind() -> None:
    assert len(CASES) >= 60
    assert {each["id"] for each in CASES if not each["disturbances"]} >= {"nothing", "rules-behind", "another-flag"}
