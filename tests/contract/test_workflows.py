"""Workflows and hooks call what a person calls: targets of the Makefile, and nothing of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMANDS = [
    pytest.param(step["run"], id=f"{path.stem}-{step['run']}")
    for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
    for job in yaml.safe_load(path.read_text())["jobs"].values()
    for step in job["steps"]
    if "run" in step
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_workflow_calls_targets(command: str) -> None:
    program, _, target = command.partition(" ")
    assert program in ("make", "gh")
    assert program == "gh" or target in TARGETS


def test_the_ci_runs_what_the_workflow_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    own = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert own == [*commands, "make clean"]


def test_the_hooks_are_well_formed_and_run_what_exists() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    check = (ROOT / "Makefile").read_text()
    for hook in hooks:
        program, _, rest = hook["entry"].partition(" ")
        if program == "make":
            assert rest in TARGETS
        else:
            assert program.replace(".venv/bin", "$(BIN)") in check


def test_every_target_has_a_help_line() -> None:
    makefile = (ROOT / "Makefile").read_text()
    documented = set(re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE))
    assert documented == TARGETS
