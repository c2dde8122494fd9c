"""Runs files of golden cases by the engine that evaluates in this package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bucketing.conformance.cases import Case, UnknownForm, run_case


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """A line for each case of a file, and its summary. Raises ValueError for no file of cases, and OSError."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise ValueError('must be an object with a list "cases"')
    counts = {"cases": len(document["cases"]), "passed": 0, "failed": 0, "must_failed": 0, "skipped": 0}
    for index, case in enumerate(document["cases"]):
        if not isinstance(case, dict):
            raise ValueError(f"cases[{index}] must be an object")
        line = {"id": case.get("id", index), "role": case.get("role", "must"), **_outcome(case, document)}
        counts["passed"] += line["ok"] is True
        counts["failed"] += line["ok"] is False
        counts["must_failed"] += line["ok"] is False and line["role"] == "must"
        counts["skipped"] += line["ok"] is None
        yield line
    yield {"summary": {"file": path.name, **counts}}


def _outcome(case: Case, document: dict[str, Any]) -> dict[str, Any]:
    try:
        result = run_case(case, document.get("configs", {}))
    except UnknownForm:
        return {"ok": None, "skipped": "aggregation" if "units" in case else "statistics"}
    except Exception as error:
        return {"ok": False, "computed": {"exception": f"{type(error).__name__}: {error}"}}
    return {"ok": result.ok, "computed": result.computed}
