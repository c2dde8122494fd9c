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
from edge_script.process import scripted_edge

from deploy.release.version import current_version
from tests.documents import page
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


def called(*command: str, cwd: Path, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Tests in the SDK's own language start the scripted edge with this Python."""
    environment = os.environ | {"FFP_PYTHON": sys.executable} | more
    return subprocess.run(
        command, cwd=cwd, env=environment, input=given, capture_output=True, text=True, timeout=240, check=False
    )


def run(*command: str, cwd: Path, given: str = "", **more: str) -> str:
    """What it prints; it must succeed."""
    done = called(*command, cwd=cwd, given=given, **more)
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
    """They are compiled first, with all sources, as strictly as `npm run check` does it."""
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


PROGRAMS = page.read("sdks/node/README.md").files
PROMISED = {"first.mjs": "true blue", "openfeature.mjs": "true", "testing.mjs": "true"}
TYPED = """
import { FeatureFlagClient, type Detail, type Status, type User } from "@feature-flag-platform/sdk";
import { InMemoryProvider } from "@feature-flag-platform/sdk/testing";

const user: User = { key: "user-1", attributes: { country: "NO", since: new Date() } };
const client: FeatureFlagClient = new InMemoryProvider().flag("new-feature").client();
const enabled: boolean = client.isEnabledSync("new-feature", user);
const detail: Detail<string> = client.detailSync("button-color", user, "blue");
const status: Status = client.status();
console.log(enabled, detail.value, status.state);
// @ts-expect-error: a variation is of the default's type
export const wrong: number = client.variationSync("button-color", user, "blue");
"""
STRICT: dict[str, Any] = {"strict": True, "exactOptionalPropertyTypes": True, "target": "ES2022", "types": ["node"]}


@pytest.fixture(scope="module")
def package(node: Path) -> Path:
    """The package as it would be published."""
    return node / run("npm", "pack", "--ignore-scripts", "--silent", cwd=node).split()[-1]


def installed(package: Path, folder: Path, kind: str) -> Path:
    """An empty project with the package and its peers, at the versions that the SDK itself is tested with."""
    locked = json.loads((ROOT / "sdks" / "node" / "package.json").read_text())
    wanted = {
        name: locked["devDependencies"][name]
        for name in (*locked["peerDependencies"], "@openfeature/core", "@types/node")
    }
    project = {"name": "empty", "private": True, "type": kind, "dependencies": wanted | {locked["name"]: str(package)}}
    (folder / "package.json").write_text(json.dumps(project))
    run("npm", "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    return folder


def test_the_package_has_what_it_needs_and_nothing_else(node: Path, package: Path) -> None:
    names = run("tar", "tzf", str(package), cwd=node).split()
    assert {name.split("/")[1] for name in names} == {"README.md", "dist", "package.json"}
    assert [name for name in names if "test" in name.split("/")[2:3]] == []
    manifest = json.loads((node / "package.json").read_text())
    assert list(manifest["dependencies"]) == ["re2js"]
    assert all(f"package/{path}" in names for path in manifest["bin"].values())
    exported = [path for entry in manifest["exports"].values() if isinstance(entry, dict) for path in entry.values()]
    assert all(f"package{path.removeprefix('.')}" in names for path in exported)


def test_the_programs_of_its_readme_run_as_they_are_printed(package: Path, tmp_path: Path) -> None:
    project = installed(package, tmp_path, "module")
    assert PROGRAMS.keys() == PROMISED.keys()
    switch = {"type": "boolean", "variations": {"on": True, "off": False}, "off_variation": "off"}
    colors = {"type": "string", "variations": {"blue": "blue", "green": "green"}, "off_variation": "blue"}
    flags = {
        "new-feature": {**switch, "default": {"variation": "on"}},
        "button-color": {**colors, "default": {"variation": "blue"}},
    }
    with scripted_edge() as edge:
        edge.put("document", {"flags": flags})
        for name, program in PROGRAMS.items():
            (project / name).write_text(program)
            printed = run("node", name, cwd=project, SERVER_KEY=edge.server_key, EDGE=edge.edge)
            assert printed.strip() == PROMISED[name]
        tracked = [(event["metric"], event["value"]) for event in edge.get("events?type=metric")]
        assert tracked == [("conversion", 1.0)] * 2


def test_it_is_required_by_commonjs_and_typed_for_both_kinds(node: Path, package: Path, tmp_path: Path) -> None:
    project = installed(package, tmp_path, "commonjs")
    script = 'const { FeatureFlagClient, VERSION } = require("@feature-flag-platform/sdk"); console.log(VERSION)'
    done = called("node", "--eval", script, cwd=project)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, current_version(ROOT), "")

    (project / "typed.ts").write_text(TYPED)
    for module, resolution in (("nodenext", "nodenext"), ("commonjs", "node10")):
        options = STRICT | {"module": module, "moduleResolution": resolution, "outDir": module}
        options["skipLibCheck"] = module == "commonjs"
        (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["typed.ts"]}))
        run("node", str(node / "node_modules" / "typescript" / "bin" / "tsc"), cwd=project)
        assert run("node", f"{module}/typed.js", cwd=project).strip() == "true blue offline"


def test_without_its_optional_peers_the_client_works(package: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "empty", "private": true, "type": "module"}')
    quiet = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
    run("npm", "install", "--omit=peer", *quiet, str(package), cwd=tmp_path)
    found = sorted(path.name for path in (tmp_path / "node_modules").iterdir() if not path.name.startswith("."))
    assert found == ["@feature-flag-platform", "re2js"]
    program = """
import { FeatureFlagClient } from "@feature-flag-platform/sdk";
const client = new FeatureFlagClient({ envKey: "k", endpoint: [], offline: true });
console.log(client.isEnabledSync("new-feature", "u1"));
"""
    assert run("node", "--input-type=module", "--eval", program, cwd=tmp_path).strip() == "false"
