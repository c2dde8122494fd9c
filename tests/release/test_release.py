"""A whole release in a checkout of the test's own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import helm_python
import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "9.8.7"


def git(checkout: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The working tree as it stands, committed."""
    files = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased", "## Unreleased\n\n- Something new.", 1))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "config", "user.name", "Somebody")
    git(tmp_path, "config", "user.email", "somebody@example.com")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "All of it")
    return tmp_path


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.release", *arguments, "--root", str(checkout)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(900)
def test_a_release_is_committed_tagged_and_built_twice_to_the_same_bytes(checkout: Path) -> None:
    made = release(checkout, VERSION)
    assert made.returncode == 0, made.stderr
    assert git(checkout, "describe", "--exact-match") == f"v{VERSION}"
    assert git(checkout, "status", "--porcelain") == ""
    folder = checkout / "dist" / VERSION
    sums = (folder / "SHA256SUMS").read_text()
    for line in sums.splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    named = {line.split("  ")[1] for line in sums.splitlines()}
    assert {path.name for path in folder.iterdir()} == named | {"SHA256SUMS"}

    wheels = {path.name.partition("-")[0] for path in folder.glob("*.whl")}
    assert wheels == {"verdict_platform", "verdict_bucketing", "feature_flag_platform"}
    packed_by_name = {"feature-flag-platform-sdk", "feature-flag-platform-web", "verdict"}
    assert {path.name.rpartition("-")[0] for path in folder.glob("*.tgz")} == packed_by_name
    with helm_python.Chart.load(folder / f"verdict-{VERSION}.tgz") as chart:
        assert (chart.version, chart.metadata["appVersion"]) == (VERSION, VERSION)
    modules = {"feature-flag-platform-sdk-go", "feature-flag-platform-sdk-go-openfeature"}
    assert {path.name.partition("-v9")[0] for path in folder.glob("*.zip")} == modules
    [wheel] = folder.glob("verdict_platform-*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    assert {"control_plane/main.py", "edge_evaluator/main.py", "event_ingestor/main.py", "analytics/main.py"} <= {
        *packed
    }
    materials = json.loads((folder / f"verdict-edge-{VERSION}.cdx.json").read_text())
    components = {each["name"]: each for each in materials["components"]}
    assert {"httpx", "nats-py", "fastapi"} <= components.keys()
    assert "scipy" not in components
    assert all(each.get("version") for each in materials["components"])

    again = release(checkout)
    assert again.returncode == 0, again.stderr
    assert (folder / "SHA256SUMS").read_text() == sums


def test_a_release_needs_a_clean_checkout_and_a_new_version(checkout: Path) -> None:
    (checkout / "README.md").write_text("changed")
    refused = release(checkout, VERSION)
    assert (refused.returncode, refused.stderr.strip()) == (
        1,
        "not released: the checkout has changes that are not committed",
    )
    git(checkout, "checkout", "README.md")
    git(checkout, "tag", f"v{VERSION}")
    refused = release(checkout, VERSION)
    assert (refused.returncode, refused.stderr.strip()) == (1, f"not released: the tag v{VERSION} exists")
