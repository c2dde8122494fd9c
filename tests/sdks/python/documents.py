"""Config documents for the Python SDK's tests."""

from __future__ import annotations

from typing import Any

ON_OFF = {"on": True, "off": False}
HALVES = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
FULL = {"start_at": 0, "traffic": 100, "mode": "assigns"}


def boolean(**changes: Any) -> dict[str, Any]:
    """An enabled boolean flag that serves `on`."""
    return {
        "type": "boolean",
        "variations": ON_OFF,
        "off_variation": "off",
        "default": {"variation": "on"},
        "enabled": True,
    } | changes


def one_value(kind: str, value: Any, **changes: Any) -> dict[str, Any]:
    """A flag of a type that serves a value."""
    served = {"type": kind, "variations": {"one": value}, "off_variation": "one", "default": {"variation": "one"}}
    return served | {"enabled": True} | changes


def assigned(flag: str, variation: str, **changes: Any) -> dict[str, Any]:
    """An experiment that puts everybody into one variation."""
    return {"flag": flag, "variations": [{"key": variation, "weight": 100}], **FULL} | changes


def document(**tables: Any) -> dict[str, Any]:
    """A config document for a client without an edge."""
    return {"algorithm": "sha256-10000-v1", "salt": "a-salt", "version": 1, "flags": {}} | tables


EVERYTHING = document(
    flags={
        "plain": boolean(),
        "off": boolean(enabled=False),
        "ruled": boolean(
            rules=[
                {"if": {"attribute": "country", "operator": "eq", "value": "NO"}, "then": {"variation": "on"}},
            ],
            default={"variation": "off"},
            metadata={"owner": "shop"},
        ),
        "half": boolean(default={"rollout": {"variations": HALVES}}),
        "by-company": boolean(default={"rollout": {"variations": HALVES, "bucket_by": "company"}}),
        "text": one_value("string", "hello"),
        "limit": one_value("integer", 7),
        "ratio": one_value("number", 1),
        "theme": one_value("object", {"dark": [1, 2.5, None]}),
        "broken": boolean(default={"variation": "gone"}),
        "tested": boolean(),
        "reported": boolean(report_exposures=True, exposure_attributes=["country", "plan"]),
    },
    experiments={"test": assigned("tested", "off", phase=2), "page-test": assigned("tried-page", "wide")},
    remote_configs={
        "page": {"value": {"columns": 2}, "overrides": []},
        "tried-page": {"value": {"columns": 2}},
    },
)
