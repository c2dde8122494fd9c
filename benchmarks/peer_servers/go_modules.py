"""Programs in Go, built from a module here that locks their versions, and those of all they need, by checksums."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.peer_servers.peer_server import NotToBeHad

FOLDER = Path(__file__).parent
BUILT = FOLDER.parent.parent / "build" / "peer-servers"
_SECONDS_MAX = 3600
_told = re.compile(r"^\s*(?:go: |server response: )?(.*\S)", re.MULTILINE).findall


def locked_version(module: str, package: str) -> str:
    """The version of the module that has this package, as it stands in `go.mod`."""
    for path, version in re.findall(
        r"^(?:require )?\s*(\S+) (v\S+)", (FOLDER / module / "go.mod").read_text(), re.MULTILINE
    ):
        if package == path or package.startswith(f"{path}/"):
            return str(version)
    raise LookupError(package)


def built(module: str, package: str) -> Path:
    """The program, which is built unless this version has been. Raises NotToBeHad with what Go says."""
    program = BUILT / f"{Path(package).name}-{locked_version(module, package)}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise NotToBeHad("there is no Go here to build it with")
    folder = FOLDER / module
    if not (folder / "go.sum").exists():
        _go(go, folder, "mod", "download", f"{package}@{locked_version(module, package)}")
        raise NotToBeHad("its checksums are not locked: run `go mod tidy` in its module, and keep go.sum")
    _go(go, folder, "build", "-mod=readonly", "-o", str(program), package)
    return program


def _go(go: str, folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(
            [go, *arguments], cwd=folder, check=True, stderr=subprocess.PIPE, text=True, timeout=_SECONDS_MAX
        )
    except subprocess.CalledProcessError as error:
        raise NotToBeHad("; ".join(_told(error.stderr)[-2:])) from None
    except subprocess.TimeoutExpired:
        raise NotToBeHad(f"not built within {_SECONDS_MAX} s") from None
