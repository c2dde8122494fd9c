"""Every golden case of the shared vectors, and the runner that other engines use too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stats.conformance.__main__ import main
from stats.conformance.runner import CATEGORIES, run_case

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = ("statistics.json", "statistics_more.json", "statistics_forms.json")
CASES: list[dict[str, Any]] = [
    case for file in FILES for case in json.loads((VECTORS / file).read_text(encoding="utf-8"))["cases"]
]
BY_ID = {case["id"]: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    assert run_case(case, 0).problems == ()


def test_each_category_of_the_vectors_is_known() -> None:
    assert {case["category"] for case in CASES} <= {*CATEGORIES, "gs_inflation"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_wrong_expectation_is_noticed(case: dict[str, Any]) -> None:
    """No case passes because its numbers are not looked at."""
    spoiled = dict(case, expected=_spoil(case["expected"]))
    verdict = run_case(spoiled, 0)
    assert not verdict.ok
    assert len(verdict.problems) >= _leaves(case["expected"])


def test_runner_prints_a_line_per_case_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = BY_ID["srm-90-10"], dict(BY_ID["mt-ties"], id="wrong", expected={"holm": [1.0]})
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [good, bad]}), encoding="utf-8")
    assert main([str(path)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines[:2]] == [True, False]
    assert lines[1]["problems"][0].startswith("holm: expected 1 values")
    assert lines[2]["summary"] is True
    assert lines[2]["failed"] == ["wrong"]


@pytest.mark.parametrize(("role", "code"), [("must", 1), ("policy", 1), ("convention", 0), ("observed", 0)])
def test_only_binding_cases_fail_the_run(role: str, code: int, tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    wrong = dict(BY_ID["srm-90-10"], role=role, expected={"chi2": 1.0})
    path.write_text(json.dumps({"cases": [wrong]}), encoding="utf-8")
    assert main([str(path)]) == code


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cases": 3}', '{"cases": []}', "[" * 100_000, "\x00"])
def test_a_file_without_cases_is_told(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.json"
    path.write_text(text, encoding="utf-8")
    assert main([str(path)]) == 2
    assert "holds no golden cases" in capsys.readouterr().err


def test_ids_are_unique_and_every_case_names_its_source() -> None:
    assert len(BY_ID) == len(CASES)
    assert [case["id"] for case in CASES if not case["source"]] == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"tolerance": "wide"}, "tolerance: must be an object"),
        ({"tolerance": {"rel": None}}, "tolerance.rel: must be a number"),
        ({"tolerance": {"rel": -1}}, "tolerance.rel: must not be negative"),
        ({"expected": {}}, "expected: must be an object that is not empty"),
        ({"expected": None}, "expected: must be an object that is not empty"),
        ({"expected": {"chi2": 10**400}}, "chi2: expected"),
        ({"expected": {"novelty": 1}}, "novelty: not computed"),
        ({"inputs": None}, "refused: inputs: must be an object"),
        ({"options": 5}, "refused: options: must be an object"),
        ({"inputs": {"weights": [1, 1]}}, "refused: observed: is missing"),
        ({"inputs": {"observed": [1, 1], "weights": [1]}}, "refused: weights: must have 2 entries"),
        ({"inputs": {"observed": ["inf", 1], "weights": [1, 1]}}, "refused: counts.arm 0: must be finite"),
        ({"category": None}, "the category None is not known"),
        ({"category": ["srm"]}, "is not known"),
    ],
    ids=[
        "tolerance is a text",
        "tolerance without a number",
        "negative tolerance",
        "nothing expected",
        "expected is null",
        "wrong figure",
        "unknown figure",
        "no inputs",
        "options are a number",
        "missing input",
        "too few weights",
        "infinite input",
        "no category",
        "category is a list",
    ],
)
def test_what_is_wrong_with_a_case_is_told(changed: dict[str, Any], problem: str) -> None:
    verdict = run_case({**BY_ID["srm-90-10"], **changed}, 0)
    assert not verdict.ok
    assert problem in " | ".join(verdict.problems)
    json.loads(verdict.line())


def test_a_bad_case_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [None, BY_ID["srm-90-10"], {"tolerance": 3}]}), encoding="utf-8")
    assert main([str(path)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines[:3]] == [False, True, False]
    assert lines[0]["problems"] == ["a case must be an object, got NoneType"]
    assert lines[3]["binding_failed"] == 2


def test_a_role_that_nobody_knows_binds() -> None:
    assert run_case(dict(BY_ID["srm-90-10"], role="msut"), 0).binds


def test_a_case_that_cannot_be_computed_fails_by_itself() -> None:
    unknown = run_case({"category": "astrology", "inputs": {}, "expected": {}}, 7)
    assert (unknown.id, unknown.ok) == (7, False)
    missing = run_case({"category": "mean_welch", "inputs": {}, "expected": {}}, 8)
    assert not missing.ok


def _spoil(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoil(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_spoil(entry) for entry in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 1.5 + 1.0
    return "something else"


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_leaves(entry) for entry in value.values())
    if isinstance(value, list):
        return sum(_leaves(entry) for entry in value)
    return 1
