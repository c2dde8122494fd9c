"""From the version before to this one in the shortest form: old and new serve beside each other, under load."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from chaos.rolling_upgrade import run
from devstack.released import ReleaseMissing, released_commit

GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")


@pytest.mark.timeout(900)
async def test_no_request_fails_while_services_are_upgraded_one_by_one(tmp_path: Path) -> None:
    promises = await run(tmp_path / "upgrade", 20, durable=False, whole=())
    assert [f"{each.name}: {each.figure}" for each in promises if not each.met] == []
    assert len(promises) == 6


@pytest.fixture
def history(tmp_path: Path) -> Path:
    root = tmp_path / "history"
    root.mkdir()
    git(root, "init", "-q")
    return root


def git(root: Path, *arguments: str) -> str:
    found = subprocess.run([*GIT, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def committed(root: Path) -> str:
    git(root, "commit", "-q", "--allow-empty", "-m", "A change")
    return git(root, "rev-parse", "HEAD")


def test_the_newest_release_before_this_version_is_upgraded_from(history: Path) -> None:
    for tag in ("v0.9.0", "v0.10.0"):
        newest = committed(history)
        git(history, "tag", tag)
    committed(history)
    git(history, "tag", "v0.11.0")
    assert released_commit(history) == newest


def test_a_shallow_clone_is_completed(history: Path, tmp_path: Path) -> None:
    released = committed(history)
    git(history, "tag", "v0.1.0")
    committed(history)
    subprocess.run(
        [*GIT, "clone", "-q", "--depth", "1", "--no-tags", f"file://{history}", str(tmp_path / "shallow")], check=True
    )
    assert released_commit(tmp_path / "shallow") == released


def test_without_its_history_it_is_said_what_to_do(history: Path) -> None:
    committed(history)
    with pytest.raises(ReleaseMissing, match="run `git fetch --quiet --unshallow --tags`"):
        released_commit(history)


def test_outside_of_a_repository_it_is_said_that_one_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ReleaseMissing, match="the history is needed"):
        released_commit(tmp_path)
