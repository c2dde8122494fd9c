"""The SDKs' drivers, built once for all tests that start them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDKS = ROOT / "sdks"
BUILT = ROOT / "build" / "sdk_drivers"
_NOT_SOURCES = ("node_modules", "dist", "build", "__pycache__")
_BUILD_SECONDS = 240


def driver(language: str) -> list[str]:
    """The command that starts the driver of `python`, `node`, `go` or `web`, built if its sources have changed."""
    if language == "python":
        return [sys.executable, "-m", "feature_flag_platform.driver"]
    if language == "go":
        return [str(_built("go") / "driver")]
    return [_tool("node", "Node 20 or later"), str(_built(language) / "dist" / "driver.js")]


@cache
def _built(language: str) -> Path:
    folder = BUILT / f"{language}-{_digest(SDKS / language)}"
    BUILT.mkdir(parents=True, exist_ok=True)
    with _alone(BUILT / f"{language}.lock"):
        if not (folder / "whole").exists():
            for older in BUILT.glob(f"{language}-*"):
                shutil.rmtree(older)
            if language == "go":
                folder.mkdir()
                _run(
                    _tool("go", "Go 1.24 or later"),
                    "build",
                    "-o",
                    str(folder / "driver"),
                    "./cmd/driver",
                    cwd=SDKS / "go",
                )
            else:
                shutil.copytree(SDKS / language, folder, ignore=shutil.ignore_patterns(*_NOT_SOURCES))
                npm = _tool("npm", "Node 20 or later, with npm")
                _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
                _run(npm, "run", "build", cwd=folder)
            (folder / "whole").touch()
    return folder


def _digest(folder: Path) -> str:
    """Of the sources."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.relative_to(folder).parts) & set(_NOT_SOURCES):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process builds, the others wait."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tool(name: str, what: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"the tests need {what} on the PATH (README, Two commands)")
    return found


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} in {cwd}:\n{done.stdout}{done.stderr}")
