"""The SDKs' first programs on the whole platform.

The same answers in each language, and results that count what they exposed and tracked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.waiting import same, until_blocking

from .conftest import Tenant

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "sdk_programs"
USERS_PER_LANGUAGE = 60
FLAGS: list[dict[str, Any]] = [
    {
        "key": "new-feature",
        "name": "New feature",
        "type": "boolean",
        "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
        "off_variation": "off",
        "default": {"variation": "on"},
    },
    {
        "key": "button-color",
        "name": "Colour of the button",
        "type": "string",
        "variations": [{"key": "blue", "value": "blue"}, {"key": "green", "value": "green"}],
        "off_variation": "blue",
        "default": {"variation": "blue"},
    },
]
EXPERIMENT = {
    "key": "button-test",
    "name": "Button test",
    "environment": "production",
    "flag": "button-color",
    "mode": "assigns",
    "variations": [{"key": "blue", "weight": 50}, {"key": "green", "weight": 50}],
    "control": "blue",
    "metrics": [{"metric": "converted", "role": "goal"}],
    "plan": {"mode": "fixed", "planned_units": 1000, "minimum_days": 0},
}


def called(*command: str, cwd: Path, text: str = "", **environment: str) -> str:
    """What it prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def python_program(_: Path) -> list[str]:
    return [sys.executable, str(PROGRAMS / "program.py")]


def node_program(folder: Path) -> list[str]:
    """The program beside the package, which is built from its sources and packed as it would be published."""
    assert shutil.which("npm"), "the tests need Node 20 with npm on the PATH (README, Two commands)"
    sources = folder / "sdk"
    shutil.copytree(ROOT / "sdks/node", sources, ignore=shutil.ignore_patterns("node_modules", "dist"))
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    called("npm", "ci", *quiet, cwd=sources)
    called("npm", "run", "build", cwd=sources)
    packed = called("npm", "pack", "--silent", cwd=sources).split()[-1]
    application = folder / "application"
    application.mkdir()
    shutil.copy(PROGRAMS / "program.mjs", application)
    called("npm", "init", "--yes", cwd=application)
    called("npm", "install", *quiet, str(sources / packed), cwd=application)
    return ["node", str(application / "program.mjs")]


def go_program(folder: Path) -> list[str]:
    assert shutil.which("go"), "the tests need Go 1.24 or later on the PATH (README, Two commands)"
    shutil.copy(PROGRAMS / "program.go", folder / "main.go")
    sdk = "github.com/feature-flag-platform/sdk/go"
    (folder / "go.mod").write_text(
        f"module example.com/application\n\ngo 1.24\n\nrequire {sdk} v0.0.0\n\nreplace {sdk} => {ROOT / 'sdks/go'}\n"
    )
    called("go", "build", "-o", "program", ".", cwd=folder, GOTOOLCHAIN="local", GOFLAGS="-mod=mod")
    return [str(folder / "program")]


PREPARED = {"python": python_program, "node": node_program, "go": go_program}


@pytest.mark.timeout(600)
def test_the_first_programs_of_all_languages_are_one_experiment(tenant: Tenant, tmp_path: Path) -> None:
    for flag in FLAGS:
        tenant.create("flags", flag)
        tenant.change(f"flags/{flag['key']}/environments/production", {"enabled": True})
    metric = {"key": "converted", "name": "Converted", "aggregation": "conversion", "event": "conversion"}
    tenant.create("metrics", metric)
    experiment = tenant.create("experiments", EXPERIMENT)["id"]
    tenant.act("experiments/button-test/start")
    tenant.wait_for_edge()

    served: dict[str, str] = {}
    environment = {"SERVER_KEY": tenant.server_key, "EDGE": tenant.services.edge.url}
    for language, prepare in PREPARED.items():
        (folder := tmp_path / language).mkdir()
        command = prepare(folder)
        users = [f"{language}-{number}" for number in range(USERS_PER_LANGUAGE)]
        printed = called(*command, cwd=folder, text="\n".join(users) + "\n", **environment).splitlines()
        answers = [json.loads(line) for line in printed]
        assert [each[:2] for each in answers] == [[user, True] for user in users]
        served |= {user: variation for user, _, variation in answers}

    assert served == {user: variant_at_edge(tenant, user) for user in served}
    assert set(served.values()) == {"blue", "green"}
    tenant.wait_for_units(experiment, len(served))
    units = tenant.results(experiment)["units"]
    assert {each["variation"]: each["units"] for each in units["variations"]} == dict(Counter(served.values()))

    def converted() -> int:
        (goal,) = tenant.results(experiment)["metrics"]
        return sum(round(each["units"] * (each["rate"] or 0)) for each in goal["variations"])

    until_blocking(lambda: same(converted(), len(served)))


def variant_at_edge(tenant: Tenant, user: str) -> str:
    with tenant.edge() as edge:
        answer: httpx.Response = edge.post(
            "/ofrep/v1/evaluate/flags/button-color", json={"context": {"targetingKey": user}}
        )
    variant: str = answer.json()["variant"]
    return variant
