"""The version stands in every place that names it, and nowhere else."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from deploy.release.errors import ReleaseError
from deploy.release.version import check_version, current_version, set_version, stated_versions

ROOT = Path(__file__).resolve().parents[2]
# Texts in which a version is a fact of the past or of something else.
ELSEWHERE = {"CHANGELOG.md", "requirements", "tests", "docs"}


def test_the_checkout_states_one_version_and_serves_it() -> None:
    assert current_version(ROOT) == version("verdict-platform")


def test_no_other_file_states_it() -> None:
    command = ["git", "grep", "--untracked", "-lwF", current_version(ROOT)]
    stating = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    ours = {path for path in stating if path.partition("/")[0] not in ELSEWHERE and "lock" not in Path(path).name}
    # Git finds whole words: neither the `v0.1.0` of Go, nor files of locks, where others' versions stand, too.
    assert ours == {path for path in stated_versions(ROOT) if not path.endswith(("-lock.json", "go.mod"))}


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3+build", "", "1.2.3\n"])
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError):
        check_version(text)


def test_a_version_is_written_everywhere(tmp_path: Path) -> None:
    manifest = tmp_path / "deploy" / "k8s" / "edge.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("        image: verdict/edge-evaluator:0.1.0\n        image: busybox:0.1.0\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\nrequires = "x==0.1.0"\n')
    assert set_version(tmp_path, "1.0.0-rc.1") == ["pyproject.toml", "deploy/k8s/edge.yaml"]
    assert current_version(tmp_path) == "1.0.0-rc.1"
    assert manifest.read_text().endswith("busybox:0.1.0\n")


def test_places_that_differ_are_an_error(tmp_path: Path) -> None:
    manifest = tmp_path / "deploy" / "k8s" / "edge.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("        image: verdict/edge-evaluator:0.1.1\n")
    (tmp_path / "pyproject.toml").write_text('version = "0.1.0"\n')
    with pytest.raises(ReleaseError, match="different versions"):
        current_version(tmp_path)
