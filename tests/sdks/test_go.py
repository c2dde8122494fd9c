"""The Go SDK: its form, its own tests, and its modules in an empty project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from edge_script.process import scripted_edge

from deploy.release.sdk_packages import module_zip
from deploy.release.version import current_version

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "sdks/go"
MODULE = "github.com/feature-flag-platform/sdk/go"
VERSION = f"v{current_version(ROOT)}"
MODULES = {MODULE: SDK, f"{MODULE}/openfeature": SDK / "openfeature"}
FLAG = {"type": "boolean", "variations": {"on": True, "off": False}, "off_variation": "off"}
COLOR = {"type": "string", "variations": {"green": "green", "red": "red"}, "off_variation": "red"}
PROVIDER = """package main

import (
	"fmt"

	ffopenfeature "github.com/feature-flag-platform/sdk/go/openfeature"
	"github.com/feature-flag-platform/sdk/go/openfeature/otelhook"
	"go.opentelemetry.io/otel/log/noop"
)

func main() {
	fmt.Println(ffopenfeature.NewInMemoryProvider().Metadata().Name, otelhook.New(noop.NewLoggerProvider()) != nil)
}
"""


def go(*command: str, cwd: Path, **environment: str) -> str:
    """What a command prints; it must succeed."""
    assert shutil.which("go"), "the tests need Go 1.24 or later on the PATH (README, Two commands)"
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"GOTOOLCHAIN": "local"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def staticcheck(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The linter that sdks/go/tools pins."""
    built = tmp_path_factory.mktemp("tools") / "staticcheck"
    go("go", "build", "-o", str(built), "honnef.co/go/tools/cmd/staticcheck", cwd=SDK / "tools")
    return str(built)


@pytest.mark.parametrize("folder", MODULES.values(), ids=["sdk", "openfeature"])
def test_its_form_is_checked(folder: Path, staticcheck: str) -> None:
    assert go("gofmt", "-l", ".", cwd=folder) == ""
    go("go", "vet", "./...", cwd=folder)
    assert go(staticcheck, "./...", cwd=folder) == ""


@pytest.mark.parametrize("folder", MODULES.values(), ids=["sdk", "openfeature"])
def test_its_own_tests_pass(folder: Path) -> None:
    """With the race detector where there is a C compiler, which it needs."""
    race = ["-race"] if shutil.which(os.environ.get("CC", "gcc")) else []
    go("go", "test", *race, "-count=1", "./...", cwd=folder)


def test_the_public_names_are_those_that_are_written_down() -> None:
    """Names, signatures and fields, without what is said of them. WRITE_SNAPSHOTS=1 writes them down anew."""
    told = [
        line
        for line in go("go", "doc", "-all", ".", cwd=SDK).splitlines()
        if re.match(r"(func|type|const|var|\t\w|[)}])", line)
    ]
    kept = SDK / "testdata" / "public_names.txt"
    if os.environ.get("WRITE_SNAPSHOTS"):
        kept.write_text("\n".join(told) + "\n")
    assert told == kept.read_text().splitlines()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with which Go finds both modules as a registry serves them, and everything else where it always does."""
    served = tmp_path_factory.mktemp("modules")
    for module, folder in MODULES.items():
        pack(module, folder, served / module / "@v")
    kept = go("go", "env", "GOMODCACHE", cwd=SDK).strip()
    usual = go("go", "env", "GOPROXY", cwd=SDK).strip()
    return {
        "GOPROXY": f"file://{served},file://{kept}/cache/download,{usual}",
        "GONOSUMDB": f"{MODULE},{MODULE}/*",
        "GOMODCACHE": str(tmp_path_factory.mktemp("cache")),
        "GOFLAGS": "-mod=mod -modcacherw",
    }


def pack(module: str, folder: Path, into: Path) -> None:
    """Writes what a registry has of a module: its list, its go.mod and its zip, without the modules inside of it."""
    into.mkdir(parents=True)
    (into / "list").write_text(f"{VERSION}\n")
    (into / f"{VERSION}.info").write_text(json.dumps({"Version": VERSION}))
    shutil.copy(folder / "go.mod", into / f"{VERSION}.mod")
    (into / f"{VERSION}.zip").write_bytes(module_zip(module, folder, VERSION))


def test_the_readmes_program_runs_in_an_empty_project(packed: dict[str, str], tmp_path: Path) -> None:
    blocks: list[str] = re.findall(r"^```go\n(.*?)^```$", (SDK / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "main.go").write_text(blocks[0])
    go("go", "mod", "init", "example.com/hello", cwd=tmp_path, **packed)
    go("go", "get", f"{MODULE}@{VERSION}", cwd=tmp_path, **packed)
    assert len(go("go", "list", "-m", "all", cwd=tmp_path, **packed).splitlines()) == 2, "the SDK has no dependencies"
    with scripted_edge() as edge:
        flags = {
            "new-checkout": {**FLAG, "default": {"variation": "on"}},
            "button-color": {**COLOR, "default": {"variation": "green"}},
        }
        edge.put("document", {"flags": flags})
        told = go("go", "run", ".", cwd=tmp_path, EDGE=edge.edge, SERVER_KEY=edge.server_key, **packed)
        assert told == "true green\n"
        assert [event["value"] for event in edge.get("events?type=metric")] == [1.0]


def test_the_provider_is_a_module_of_its_own(packed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(PROVIDER)
    go("go", "mod", "init", "example.com/hello", cwd=tmp_path, **packed)
    go("go", "get", f"{MODULE}/openfeature@{VERSION}", cwd=tmp_path, **packed)
    assert go("go", "run", ".", cwd=tmp_path, **packed) == "feature-flag-platform in memory true\n"
