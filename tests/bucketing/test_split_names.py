"""A decision tells which percentages decided, and nothing where none did."""

from __future__ import annotations

import pytest
from bucketing import compile_flagset
from bucketing.document import flag_from_document
from bucketing.flagset import FlagSet

SPLIT = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}}


def _if(plan: str) -> dict[str, str]:
    return {"attribute": "plan", "operator": "eq", "value": plan}


FLAG = flag_from_document(
    {
        "key": "f",
        "version": 1,
        "type": "boolean",
        "variations": {"on": True, "off": False},
        "off_variation": "off",
        "targets": [{"key": "chosen", "variation": "on"}],
        "rules": [
            {"id": "r1", "if": _if("pro"), "then": SPLIT},
            {"id": "r2", "if": _if("free"), "then": {"variation": "off"}},
        ],
        "default": SPLIT,
    }
)


@pytest.mark.parametrize(
    ("context", "split"),
    [
        ({"targetingKey": "u1"}, "$default"),
        ({"targetingKey": "u1", "plan": "pro"}, "r1"),
        ({"targetingKey": "u1", "plan": "free"}, None),
        ({"targetingKey": "chosen", "plan": "pro"}, None),
        ({"plan": "pro"}, None),
    ],
    ids=["default", "rule", "rule without percentages", "target", "error"],
)
def test_the_percentages_that_decided_are_named(context: dict[str, str], split: str | None) -> None:
    compiled = compile_flagset(FlagSet(version=1, salt="s", flags={"f": FLAG}, segments={}, experiments={}))
    alone, [together] = compiled.evaluate("f", context, 0), compiled.evaluate_all(context, 0)
    assert alone is together or alone.error_code
    assert alone.split == split
    assert "split" not in alone.to_dict()
