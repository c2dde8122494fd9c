"""What a release hands out: packages, the chart, manifests, a bill of materials per service, and their checksums."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from deploy.release.sdk_packages import pack_sdks

SERVICES = ("control-plane", "edge", "ingestor", "analytics")
"""Names of the lock files in `requirements/`, one for each service's image."""
PYTHON_PROJECTS = (".", "libs/bucketing", "sdks/python")
"""Each is a wheel and a source distribution: the services, the engine for applications, and their SDK."""


def build_artefacts(root: Path, target: Path, version: str) -> list[Path]:
    """Builds everything into `target` from the checkout at `root`; returns the files, `SHA256SUMS` last.

    The same commit gives the same bytes: times in archives are the commit's.
    """
    target.mkdir(parents=True, exist_ok=True)
    made_at = int(_output(root, "git", "log", "-1", "--format=%ct"))
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(made_at)}
    for project in PYTHON_PROJECTS:
        _run(root / project, environment, "hatchling", "build", "--directory", str(target))
    pack_sdks(root, target, version, made_at)
    for service in SERVICES:
        _run(root, environment, "cyclonedx_py", *_materials(root, target, service, version))
    _archive(root / "deploy" / "k8s", target / f"verdict-k8s-{version}.tar.gz", made_at)
    # Named as Helm names what it packs.
    _archive(root / "deploy" / "helm" / "verdict", target / f"verdict-{version}.tgz", made_at)
    files = sorted(path for path in target.iterdir() if path.name != "SHA256SUMS")
    sums = target / "SHA256SUMS"
    sums.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return [*files, sums]


def _materials(root: Path, target: Path, service: str, version: str) -> list[str]:
    return [
        "requirements",
        str(root / "requirements" / f"{service}.txt"),
        f"--pyproject={root / 'pyproject.toml'}",
        "--output-reproducible",
        "--output-format=JSON",
        f"--output-file={target / f'verdict-{service}-{version}.cdx.json'}",
    ]


def _archive(folder: Path, archive: Path, made_at: int) -> None:
    """A tar file of the folder's files in the order of their names, owned by nobody in particular."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo(path.relative_to(folder.parent).as_posix())
                entry.size, entry.mtime, entry.mode = path.stat().st_size, made_at, 0o644
                tar.addfile(entry, io.BytesIO(path.read_bytes()))
    archive.write_bytes(gzip.compress(plain.getvalue(), mtime=made_at))


def _run(root: Path, environment: dict[str, str], module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=root, env=environment, check=True)


def _output(root: Path, *command: str) -> str:
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
