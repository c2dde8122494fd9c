"""The Node SDK: its own tests, and its engine beside `bucketing`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bucketing import compile_flagset
from bucketing.document import flagset_from_document

from tests.sdks.random_configs import NOW, golden_cases, random_config, random_contexts

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
EVALUATED = [
    VECTORS / "bucketing.json",
    *(file for folder in ("conditions", "hashing", "steps") for file in sorted((VECTORS / folder).glob("*.json"))),
]
NOT_EVALUATED = {
    VECTORS / "validation" / "flags.json": "validity",
    VECTORS / "validation" / "cycles.json": "cycle",
    VECTORS / "aggregations" / "mean.json": "aggregation",
    VECTORS / "statistics.json": "statistics",
}
EXPLAIN = """
import { readFileSync } from "node:fs";
import { FlagSet, parseJson, writeJson } from "./dist/engine/index.js";
const { config, now, items } = parseJson(readFileSync(0, "utf-8"));
const set = FlagSet.from(config);
for (const [key, context] of items) console.log(writeJson(set.explain(key, context, now, true)));
"""


def called(*command: str, cwd: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Tests in the SDK's own language start the scripted edge with this Python."""
    environment = os.environ | {"FFP_PYTHON": sys.executable}
    return subprocess.run(
        command, cwd=cwd, env=environment, input=given, capture_output=True, text=True, timeout=240, check=False
    )


def run(*command: str, cwd: Path, given: str = "") -> str:
    """What it prints; it must succeed."""
    done = called(*command, cwd=cwd, given=given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Node SDK, built with what its lock file names."""
    assert shutil.which("node"), "the tests need Node 20 or later on the PATH (README, Two commands)"
    folder = tmp_path_factory.mktemp("sdk") / "node"
    shutil.copytree(ROOT / "sdks" / "node", folder, ignore=shutil.ignore_patterns("node_modules", "dist", "build"))
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    run("npm", "run", "build", cwd=folder)
    yield folder
    shutil.rmtree(folder)


def conformance(node: Path, *files: Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit status, and the lines."""
    done = called("node", "dist/conformance.js", *map(str, files), cwd=node)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_its_own_tests_pass(node: Path) -> None:
    run("npm", "run", "check", cwd=node)
    run("npm", "test", cwd=node)


def test_every_golden_case_is_decided_as_it_says(node: Path) -> None:
    status, lines = conformance(node, *EVALUATED)
    assert [line for line in lines if line.get("ok") is not True and "summary" not in line] == []
    assert [line["summary"]["file"] for line in lines if "summary" in line] == [file.name for file in EVALUATED]
    assert status == 0


def test_cases_of_other_forms_are_skipped_by_name(node: Path) -> None:
    for file, form in NOT_EVALUATED.items():
        status, lines = conformance(node, file)
        *cases, summary = lines
        assert {(line["ok"], line["skipped"]) for line in cases} == {(None, form)}
        assert summary["summary"]["skipped"] == summary["summary"]["cases"] == len(cases)
        assert status == 0


def test_a_case_that_fails_and_what_is_no_file_of_cases_are_told(node: Path, tmp_path: Path) -> None:
    wrong = {"salt": "", "flag": "new-checkout", "unit": "", "bucket": 1}
    file = tmp_path / "wrong.json"
    for cases, status in (([wrong], 1), ([wrong | {"role": "convention"}], 0), ([{"what": 1}], 1), ([7], 2)):
        file.write_text(json.dumps({"cases": cases}))
        assert conformance(node, file)[0] == status
    assert conformance(node, tmp_path / "absent.json")[0] == 2
    assert conformance(node)[0] == 2


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_drawn_at_random_is_decided_as_in_python(node: Path, tmp_path: Path, seed: int) -> None:
    file = tmp_path / "random.json"
    file.write_text(json.dumps(golden_cases(seed, 500, 40)))
    _, lines = conformance(node, file)
    assert [line for line in lines if line.get("ok") is not True and "summary" not in line] == []
    assert lines[-1]["summary"]["passed"] > 20_000


def test_what_is_drawn_at_random_is_explained_as_in_python(node: Path) -> None:
    config = random_config(3, 200)
    compiled = compile_flagset(flagset_from_document(config))
    items = [(key, context) for context in random_contexts(3, 20) for key in compiled.served]
    given = json.dumps({"config": config, "now": NOW, "items": items})
    told = run("node", "--input-type=module", "--eval", EXPLAIN, cwd=node, given=given).splitlines()
    assert len(told) == len(items)
    for (key, context), line in zip(items, told, strict=True):
        wanted = json.loads(json.dumps(compiled.explain(key, context, NOW, show_salt=True).to_dict()))
        found = json.loads(line)
        for each in (wanted, found):
            each["decision"].pop("errorMessage", None)
        assert found == wanted
