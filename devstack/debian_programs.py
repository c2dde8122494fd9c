"""Programs that no Python package brings: those that are installed, else unpacked from Debian's below build/."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

KEPT = Path(__file__).resolve().parents[1] / "build/debian"


def debian_program(package: str, path: str) -> Path:
    """The program at `/usr/…`, `path` being what comes after the slash; fetched once where it isn't installed."""
    name = Path(path).name
    kept = KEPT / package
    for found in (shutil.which(name), f"/{path}", str(kept / path)):
        if found and Path(found).exists():
            return Path(found)
    assert shutil.which("apt-get"), (
        f"there is no {name} and no apt-get to fetch it: install {package}, for example by your system's packages"
    )
    for folder in ("lists/partial", "cache/archives/partial"):
        (kept / folder).mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        # Tests run side by side.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / path).exists():
            _unpack(package, kept)
    return kept / path


def _unpack(package: str, kept: Path) -> None:
    fetched = _apt(kept, "download", package)
    if not sorted(kept.glob(f"{package}_*.deb")):
        # A fresh machine has no lists of packages, or old ones; these are our own, which takes no rights.
        own = ("-o", f"Dir::State::lists={kept}/lists", "-o", f"Dir::Cache={kept}/cache")
        _apt(kept, "update", *own)
        fetched = _apt(kept, "download", package, *own)
    packages = sorted(kept.glob(f"{package}_*.deb"))
    assert packages, f"{package} could not be fetched, install it: sudo apt-get install {package}\n{fetched.stderr}"
    subprocess.run(["dpkg-deb", "--extract", str(packages[-1]), str(kept)], check=True)


def _apt(kept: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["apt-get", *words], cwd=kept, capture_output=True, text=True, check=False)
