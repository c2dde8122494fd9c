"""What the edge serves at the start of a trial: a flag of each type, and one of each way to decide."""

from __future__ import annotations

from typing import Any

STARTED = 1_700_000_000_000
ON = {"variations": {"on": True, "off": False}, "off_variation": "off", "default": {"variation": "on"}}
BOOLEAN: dict[str, Any] = {"type": "boolean", **ON, "client_visible": True}
HALVES = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}}


def typed(kind: str, value: Any, other: Any) -> dict[str, Any]:
    """A flag that serves `value`."""
    return {
        "type": kind,
        "variations": {"one": value, "two": other},
        "off_variation": "two",
        "default": {"variation": "one"},
        "client_visible": True,
    }


def ruled(condition: dict[str, Any]) -> dict[str, Any]:
    """A boolean flag that is on where the condition holds."""
    return {
        **BOOLEAN,
        "default": {"variation": "off"},
        "rules": [{"id": "rule", "if": condition, "then": {"variation": "on"}}],
    }


def compare(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    """A condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


FLAGS: dict[str, Any] = {
    "plain": BOOLEAN,
    "text": typed("string", "hællo", "bye"),
    "count": typed("integer", 9007199254740991, 1),
    "ratio": typed("number", 0.25, 1),
    "theme": typed("object", {"dark": True, "sizes": [1, 2.5, None]}, {}),
    "disabled": {**BOOLEAN, "enabled": False},
    "norwegian": ruled(compare("country", "eq", "NO")),
    "early": ruled(compare("created", "before", "2026-01-05T10:00:00Z")),
    "adult": ruled(compare("age", "gte", 18)),
    "tagged": ruled(compare("tags", "eq", "vip")),
    "beta-only": ruled({"segment": "beta"}),
    "half": {**BOOLEAN, "default": HALVES},
    "tested": BOOLEAN,
    "reported": {
        **BOOLEAN,
        "report_exposures": True,
        "exposure_attributes": ["plan", "order", "secret", "absent"],
        "default": {"rollout": {**HALVES["rollout"], "bucket_by": "company"}},
    },
    "overridden": {
        **BOOLEAN,
        "report_exposures": True,
        "targets": [{"key": "tester", "variation": "off", "override": True}],
    },
}
EXPERIMENTS: dict[str, Any] = {
    "tested-now": {
        "flag": "tested",
        "mode": "assigns",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
        "start_at": STARTED,
        "traffic": 100,
        "phase": 2,
        "seed": "phase:2:tested-now",
    },
    "page-now": {
        "flag": "page-tried",
        "mode": "assigns",
        "variations": [{"key": "control", "weight": 50}, {"key": "wide", "weight": 50, "value": {"columns": 3}}],
        "start_at": STARTED,
        "traffic": 100,
    },
}
REMOTE_CONFIGS: dict[str, Any] = {
    "page": {"value": {"columns": 2}, "client_visible": True},
    "page-tried": {"value": {"columns": 2}, "client_visible": True},
}
DOCUMENT: dict[str, Any] = {
    "flags": FLAGS,
    "segments": {"beta": {"included": ["bea"], "excluded": []}},
    "experiments": EXPERIMENTS,
    "remote_configs": REMOTE_CONFIGS,
}


def document(**flags: Any) -> dict[str, Any]:
    """The same with these flags instead of what was there; None: without it."""
    changed = {key: flag for key, flag in {**FLAGS, **flags}.items() if flag is not None}
    return {**DOCUMENT, "flags": changed}


def off(flag: dict[str, Any] = BOOLEAN) -> dict[str, Any]:
    """The flag, serving `off` to everybody."""
    return {**flag, "default": {"variation": "off"}}
