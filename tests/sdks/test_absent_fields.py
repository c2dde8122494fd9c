"""Null is the same as an absent field in every language, for each field of a config document that may be absent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from sdk_trials.driver import Driver

from tests.bucketing.test_schema import DEFINITIONS, OBJECTS, WRITTEN, at, reads, referred, without
from tests.sdks.drivers import driver

CONTEXTS: list[dict[str, Any]] = [
    {"targetingKey": "u1", "plan": "pro", "version": "1.3.0", "a": 1},
    {"targetingKey": "user-1", "company": {"id": "acme"}},
    {"targetingKey": "user-2"},
    {},
]
NOW = 1_767_700_000_000
NEEDED = {
    "type": "boolean",
    "variations": {"on": True},
    "off_variation": "on",
    "default": {"variation": "on"},
}


def pairs() -> Iterator[tuple[str, Any, Any]]:
    """What is tried, and two documents that say the same: without a field, and with null there."""
    for path, name in OBJECTS:
        for field in at(WRITTEN, path):
            absent = without(path, field)
            # Whether null can be compared with is an operator's to say.
            if referred(DEFINITIONS[name]["properties"][field]) != "Literal" and reads(absent):
                yield f"{name}.{field}", absent, with_fields(absent, path, {field: None})
        if name == "ConfigOverride":
            yield f"{name}.segment", WRITTEN, with_fields(WRITTEN, path, {"segment": None})
            segment = with_fields(without(path, "if"), path, {"segment": "beta"})
            yield f"{name}.if", segment, with_fields(segment, path, {"if": None})


def with_fields(document: Any, path: Any, fields: dict[str, Any]) -> Any:
    changed = copy.deepcopy(document)
    at(changed, path).update(fields)
    return changed


def served(document: Any) -> Any:
    """The document with nothing in it that is off, and with the flag that is needed."""
    on = copy.deepcopy(document)
    for one in [*(on.get("flags") or {}).values(), *(on.get("remote_configs") or {}).values()]:
        for name, otherwise in (("archived", True), ("enabled", False)):
            if one.get(name) is otherwise:
                one[name] = not otherwise
    return {**on, "flags": {**(on.get("flags") or {}), "checkout": NEEDED}}


def answers(engine: Driver, document: Any) -> list[Any]:
    engine.ask("batch", config=document)
    keys = [*WRITTEN["flags"], *WRITTEN["remote_configs"]]
    items = [
        {"id": f"{key} {place}", "flag": key, "context": context, "now": NOW}
        for key in keys
        for place, context in enumerate(CONTEXTS)
    ]
    told: list[Any] = engine.ask("evaluate", items=items)
    return told


def test_each_optional_field_is_tried() -> None:
    optional = {
        f"{name}.{field}"
        for name, definition in DEFINITIONS.items()
        for field in definition.get("properties", {}).keys() - set(definition.get("required", ()))
    }
    assert optional - {what for what, _, _ in pairs()} == {"Comparison.value"}


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_null_is_the_same_as_an_absent_field(language: str) -> None:
    with Driver(driver(language), {}) as engine:
        found = [
            (what, answers(engine, form(absent)), answers(engine, form(null)))
            for what, absent, null in pairs()
            for form in (copy.deepcopy, served)
        ]
    assert {what for what, absent, null in found if absent != null} == set()
    # Where a document that can't be read would be no difference: what its flags name is gone.
    errors = {what for what, absent, _ in found if all(each["errorCode"] for each in absent)}
    assert errors <= {"Config.flags", "Config.segments"}
