"""`python -m bucketing.conformance FILE...`: one JSON line per case, and a summary line per file.

Exit status: 0 if every case with the role `must` (the role of a case without one) passes, 1 if one fails, 2 if
a file is no file of golden cases.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bucketing.conformance.cases import Case, CaseResult, run_case
from bucketing.flagset import Json


def _outcome(case: Case, configs: dict[str, Json]) -> CaseResult:
    try:
        return run_case(case, configs)
    except Exception as error:
        return CaseResult({"exception": f"{type(error).__name__}: {error}"}, False)


def run_file(path: Path) -> int:
    """Run one file and print its lines; the number of `must` cases that failed. Raises ValueError, OSError."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise ValueError('must be an object with a list "cases"')
    passed = must_failed = 0
    for index, case in enumerate(document["cases"]):
        if not isinstance(case, dict):
            raise ValueError(f"cases[{index}] must be an object")
        outcome = _outcome(case, document.get("configs", {}))
        role = case.get("role", "must")
        passed += outcome.ok
        must_failed += role == "must" and not outcome.ok
        line = {"id": case.get("id", index), "ok": outcome.ok, "role": role, "computed": outcome.computed}
        print(json.dumps(line))
    total = len(document["cases"])
    counts = {"cases": total, "passed": passed, "failed": total - passed, "must_failed": must_failed}
    print(json.dumps({"summary": {"file": path.name, **counts}}))
    return must_failed


def main(arguments: list[str]) -> int:
    """Run all files; gives the exit status."""
    if not arguments:
        print("usage: python -m bucketing.conformance FILE...", file=sys.stderr)
        return 2
    must_failed = 0
    for name in arguments:
        try:
            must_failed += run_file(Path(name))
        except (OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 2
    return 1 if must_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
