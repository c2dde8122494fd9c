"""Every golden case of the engine, one test per case, its id the test's id."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bucketing.conformance.cases import run_case

VECTORS = Path(__file__).parents[1] / "vectors"
FOLDERS = ("conditions", "hashing", "steps", "validation")
FILES = [
    VECTORS / "bucketing.json",
    *(file for folder in FOLDERS for file in sorted((VECTORS / folder).glob("*.json"))),
]
LOADED = {file.relative_to(VECTORS).as_posix(): json.loads(file.read_text(encoding="utf-8")) for file in FILES}
CASES = [
    pytest.param(document.get("configs", {}), case, id=f"{name}#{case.get('id', index)}")
    for name, document in LOADED.items()
    for index, case in enumerate(document["cases"])
]


@pytest.mark.parametrize(("configs", "case"), CASES)
def test_case(configs: Any, case: dict[str, Any]) -> None:
    outcome = run_case(case, configs)
    assert outcome.ok, outcome.computed


def test_there_are_enough_cases_of_our_own() -> None:
    own = [case for name, document in LOADED.items() if name != "bucketing.json" for case in document["cases"]]
    assert len(own) >= 400


def test_ids_are_unique_in_their_file() -> None:
    for name, document in LOADED.items():
        ids = [case["id"] for case in document["cases"] if "id" in case]
        assert len(ids) == len(set(ids)), name


def run_command(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bucketing.conformance", *map(str, files)], capture_output=True, text=True, check=False
    )


def test_the_command_prints_a_line_per_case_and_a_summary() -> None:
    finished = run_command(VECTORS / "bucketing.json")
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    assert finished.returncode == 0
    assert lines[0] == {"id": 0, "ok": True, "role": "must", "computed": 5662}
    assert lines[-1]["summary"]["passed"] == len(lines) - 1 == 195


@pytest.mark.parametrize(("role", "status"), [({}, 1), ({"role": "must"}, 1), ({"role": "convention"}, 0)])
def test_only_a_failing_must_case_fails_the_command(tmp_path: Path, role: dict[str, Any], status: int) -> None:
    wrong: dict[str, Any] = {"salt": "", "flag": "new-checkout", "unit": "", "bucket": 1} | role
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"cases": [wrong]}))
    finished = run_command(file)
    assert finished.returncode == status
    assert json.loads(finished.stdout.splitlines()[0])["computed"] == 5662


@pytest.mark.parametrize("case", [{}, {"condition": {"and": []}, "context": {}, "expected": True}, {"bucket": 1}])
def test_a_case_that_cannot_be_run_fails_and_says_why(tmp_path: Path, case: dict[str, Any]) -> None:
    file = tmp_path / "odd.json"
    file.write_text(json.dumps({"cases": [case]}))
    finished = run_command(file)
    assert finished.returncode == 1
    assert "exception" in json.loads(finished.stdout.splitlines()[0])["computed"]


@pytest.mark.parametrize("content", ["", "[]", '{"cases": 5}', '{"cases": [5]}'])
def test_a_file_of_no_cases_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "none.json"
    file.write_text(content)
    finished = run_command(file)
    assert finished.returncode == 2
    assert "none.json" in finished.stderr


def test_the_command_needs_a_file() -> None:
    assert run_command().returncode == 2
