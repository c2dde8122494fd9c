"""python -m stats.conformance FILE: one JSON line per case, then a summary; exit 1 if a binding case fails."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from stats.conformance.runner import run_case
from stats.version import ENGINE_VERSION


def main(arguments: list[str] | None = None) -> int:
    """0: every binding case (`must`, `policy`) holds; 1: one fails; 2: the file can't be read as cases."""
    parser = argparse.ArgumentParser(prog="python -m stats.conformance", description=__doc__)
    parser.add_argument("file", type=Path, help="golden cases in the form of tests/vectors/statistics.json")
    path: Path = parser.parse_args(arguments).file
    try:
        cases = read_cases(path)
    except (OSError, RecursionError, ValueError) as error:
        print(f"{path} holds no golden cases: {error}", file=sys.stderr)
        return 2
    verdicts = []
    for index, case in enumerate(cases):
        verdicts.append(run_case(case, index))
        print(verdicts[-1].line(), flush=True)
    failed = [verdict for verdict in verdicts if not verdict.ok]
    binding = [verdict for verdict in failed if verdict.binds]
    summary = {
        "summary": True,
        "engine_version": ENGINE_VERSION,
        "cases": len(verdicts),
        "passed": len(verdicts) - len(failed),
        "failed": [verdict.id for verdict in failed],
        "binding_failed": len(binding),
    }
    print(json.dumps(summary))
    return 1 if binding else 0


def read_cases(path: Path) -> list[Any]:
    """The file's cases, at least one; `OSError` or `ValueError` if there are none."""
    document = json.loads(path.read_text(encoding="utf-8"))
    cases = document.get("cases") if isinstance(document, dict) else None
    if not isinstance(cases, list) or not cases:
        raise ValueError("it must be a JSON object whose `cases` is a list that is not empty")
    return cases


if __name__ == "__main__":
    sys.exit(main())
