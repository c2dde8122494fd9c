"""The types that the SDKs get from the grammar's schema compile, and hold a whole config document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from bucketing.document import flagset_from_document, flagset_to_document

from tests.bucketing.whole_config import WHOLE

SDKS = Path(__file__).resolve().parents[2] / "sdks"
DOCUMENT = flagset_to_document(WHOLE)


def called(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=240, check=False
    )


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What it prints; it must succeed."""
    done = called(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The Node SDK's sources with the compiler that they are pinned to."""
    folder = tmp_path / "node"
    shutil.copytree(SDKS / "node", folder, ignore=shutil.ignore_patterns("node_modules"))
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    return folder


def test_typescript_takes_a_document_and_refuses_a_field_that_is_wrong(node: Path) -> None:
    source = f"import type {{ Config }} from './config.gen.js';\nexport const config: Config = {json.dumps(DOCUMENT)};"
    (node / "src" / "document.ts").write_text(source)
    run("npx", "tsc", "--noEmit", cwd=node)

    (node / "src" / "document.ts").write_text(source.replace('"semver_gte"', '"is_telepathic"'))
    refused = called("npx", "tsc", "--noEmit", cwd=node)
    assert refused.returncode != 0
    assert "is_telepathic" in refused.stdout


def test_go_is_formatted_vetted_and_gives_a_document_back(tmp_path: Path) -> None:
    assert shutil.which("go"), "the tests need Go 1.24 or later on the PATH (README, Two commands)"
    (tmp_path / "document.json").write_text(json.dumps(DOCUMENT))
    paths = {
        "CONFIG_DOCUMENT": str(tmp_path / "document.json"),
        "CONFIG_WRITTEN": str(tmp_path / "written.json"),
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
    }
    assert run("gofmt", "-l", ".", cwd=SDKS / "go") == ""
    run("go", "vet", "./...", cwd=SDKS / "go")
    run("go", "test", "-count=1", "./internal/config", cwd=SDKS / "go", **paths)
    assert flagset_from_document(json.loads((tmp_path / "written.json").read_text())) == WHOLE
