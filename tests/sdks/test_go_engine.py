"""The Go engine decides and explains as `bucketing` does, for configs and contexts that are drawn at random."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bucketing import compile_flagset
from bucketing.document import flagset_from_document

from tests.sdks.random_configs import NOW, golden_cases, random_config, random_contexts

SDK = Path(__file__).resolve().parents[2] / "sdks/go"
FLAGS, CONTEXTS = 150, 12


def go(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which("go"), "the tests need Go 1.24 or later on the PATH (README, Two commands)"
    return subprocess.run(
        ["go", *arguments],
        cwd=SDK,
        env=os.environ | {"GOTOOLCHAIN": "local"} | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("seed", [11, 12])
def test_the_go_engine_answers_as_this_one(seed: int, tmp_path: Path) -> None:
    cases = golden_cases(seed, FLAGS, CONTEXTS)
    file = tmp_path / "random.json"
    file.write_text(json.dumps(cases))
    ran = go("run", "./cmd/conformance", str(file))
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line for line in lines[:-1] if not line["ok"]] == [], ran.stderr
    assert lines[-1]["summary"]["passed"] == len(cases["cases"]) >= FLAGS * CONTEXTS


def test_the_go_engine_explains_as_this_one(tmp_path: Path) -> None:
    config = random_config(13, FLAGS)
    list_of_none = {"included": 1, "excluded": 0, "digest": "0" * 64}
    config["segments"]["segment-3"]["long_list"] = list_of_none
    compiled = compile_flagset(flagset_from_document(config))
    told: list[dict[str, Any]] = [
        {"flag": key, "context": context, "told": compiled.explain(key, context, NOW).to_dict()}
        for context in random_contexts(13, CONTEXTS)
        for key in [*compiled.served, "no-such-flag"]
    ]
    assert any(each["told"]["decision"].get("errorCode") == "PARSE_ERROR" for each in told)
    file = tmp_path / "explanations.json"
    file.write_text(json.dumps({"config": config, "now": NOW, "explanations": told}))
    ran = go(
        "test", "-count=1", "-tags=parity", "-run=Explanations", "./internal/conformance", FFP_EXPLANATIONS=str(file)
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


TABLES = ("flags", "segments", "experiments", "remote_configs")


def mixed(random: Random, document: dict[str, Any], other: dict[str, Any], version: int) -> dict[str, Any]:
    """The document with some of its entities as another one has them, and some gone."""
    made = {**document, "version": version}
    for table in TABLES:
        entities = dict(document[table])
        for key in [key for key in entities if random.random() < 0.08]:
            if random.random() < 0.2:
                del entities[key]
            elif key in other[table]:
                entities[key] = other[table][key]
        missing = [key for key in other[table] if key not in entities and random.random() < 0.5]
        made[table] = entities | {key: other[table][key] for key in missing}
    return made


def change(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a stream tells of it."""
    told: dict[str, Any] = {"version": after["version"], "versions": {}}
    for table in TABLES:
        keys = before[table].keys() | after[table].keys()
        told[table] = {key: after[table].get(key) for key in keys if before[table].get(key) != after[table].get(key)}
    return told


def test_a_change_leads_the_go_engine_to_what_the_document_leads_to(tmp_path: Path) -> None:
    random = Random(14)
    document, other = random_config(14, 60, broken=0.05), random_config(15, 60, broken=0.05)
    first, steps = document, []
    for version in range(18, 30):
        after = mixed(random, document, random.choice((first, other)), version)
        steps.append({"config": after, "change": change(document, after)})
        document = after
    file = tmp_path / "changes.json"
    contexts = random_contexts(14, CONTEXTS)
    file.write_text(json.dumps({"config": first, "now": NOW, "contexts": contexts, "steps": steps}))
    ran = go("test", "-count=1", "-tags=parity", "-run=Changes", "./internal/conformance", FFP_CHANGES=str(file))
    assert ran.returncode == 0, ran.stdout + ran.stderr
