"""The version before this one, unpacked from the history, so that its services can run beside those of here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BEFORE_ANY_RELEASE = "4f7146abe71e913311d05fff6bbfcfd580f5b3b4"
"""Stands in for the last release until there is a first one: a commit whose services run with the packages of today."""
_COMPLETE = ("git", "fetch", "--quiet", "--unshallow", "--tags")
_COMPLETE_SECONDS = 120
_FOLDERS = ("services", "libs")
_NATIVE = Path("libs/bucketing/native")


class ReleaseMissing(Exception):
    """The version before can't be had; the message says what to do."""


def released_commit(root: Path = ROOT) -> str:
    """Of the newest tag of a release that this version comes after; a shallow clone is completed first where its
    origin answers. Raises ReleaseMissing."""
    if _git(root, "rev-parse", "--is-shallow-repository") == "true":
        subprocess.run(_COMPLETE, cwd=root, capture_output=True, timeout=_COMPLETE_SECONDS, check=False)
    here = _git(root, "rev-parse", "HEAD")
    tags = _git(root, "tag", "--merged", "HEAD", "--list", "v*", "--sort=-version:refname").split()
    commits = [_git(root, "rev-list", "-n", "1", tag) for tag in tags]
    commit = next((each for each in commits if each != here), _BEFORE_ANY_RELEASE)
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=root, capture_output=True, check=False
    )
    if known.returncode:
        raise ReleaseMissing(f"{commit[:12]} is not in this clone: run `{' '.join(_COMPLETE)}`")
    return commit


def unpack(commit: str, folder: Path, root: Path = ROOT) -> Path:
    """The services and libraries of that version, below an empty folder. Raises ReleaseMissing."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(["git", "archive", commit, *_FOLDERS], cwd=root, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    _take_native(folder, root)
    for package in ("edge_evaluator", "event_ingestor", "analytics", "control_plane"):
        found = subprocess.run(
            [sys.executable, "-c", f"import {package}.main as it; print(it.__file__)"],
            env={"PYTHONPATH": python_path(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if not found.stdout.startswith(str(folder)):
            raise ReleaseMissing(f"{package} of {commit[:12]} does not start here: {found.stderr[-400:]}")
    return folder


def python_path(folder: Path) -> str:
    """For a process that shall run the version that was unpacked there."""
    return ":".join(str(folder / each) for each in _FOLDERS)


def _take_native(folder: Path, root: Path) -> None:
    """What is compiled is not in the history; it is ours where its sources are the same, and goes without elsewhere."""
    theirs, ours = folder / _NATIVE, root / _NATIVE
    sources = [each for each in ours.iterdir() if each.suffix in (".c", ".h")]
    if all(
        (theirs / each.name).exists() and (theirs / each.name).read_bytes() == each.read_bytes() for each in sources
    ):
        for library in ours.glob("*.so"):
            (theirs / library.name).write_bytes(library.read_bytes())


def _git(root: Path, *arguments: str) -> str:
    command: Sequence[str] = ("git", *arguments)
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if found.returncode:
        raise ReleaseMissing(f"the history is needed: {found.stderr.strip()}")
    return found.stdout.strip()
