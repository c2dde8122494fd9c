"""Packages of the SDKs that are not Python's: what npm and Go's registries serve of them."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

NPM = ("node", "web")
GO_MODULE = "github.com/feature-flag-platform/sdk/go"
GO_MODULES = {GO_MODULE: "sdks/go", f"{GO_MODULE}/openfeature": "sdks/go/openfeature"}
"""Folders by the modules that stand there."""
_BUILT = ("node_modules", "dist", "build")


def pack_sdks(root: Path, target: Path, version: str, made_at: int) -> None:
    """Writes a tarball for each package of npm and a zip for each Go module into `target`; times are `made_at`, in
    seconds since 1970. Needs npm."""
    for name in NPM:
        _pack_npm(root / "sdks" / name, target)
    for module, folder in GO_MODULES.items():
        archive = target / f"{module.partition('/')[2].replace('/', '-')}-v{version}.zip"
        archive.write_bytes(module_zip(module, root / folder, f"v{version}", made_at))


def _pack_npm(sources: Path, target: Path) -> None:
    """Built beside the sources, from the packages of its lock file."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / sources.name
        shutil.copytree(sources, folder, ignore=shutil.ignore_patterns(*_BUILT))
        for command in (
            ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"),
            ("npm", "pack", "--silent", "--pack-destination", str(target.resolve())),
        ):
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def module_zip(module: str, folder: Path, version: str, made_at: int = 0) -> bytes:
    """A version of the Go module in `folder` as registries serve it: its files below `module@version`, without the
    modules inside of it. Times are `made_at`, in seconds since 1970, or 1980 where that is later."""
    inner = [each.parent for each in folder.rglob("go.mod") if each.parent != folder]
    made = datetime.fromtimestamp(max(made_at, _ZIP_BEGINS), UTC).timetuple()[:6]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            if not any(file.is_relative_to(other) for other in inner):
                entry = zipfile.ZipInfo(f"{module}@{version}/{file.relative_to(folder)}", made)
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return written.getvalue()


_ZIP_BEGINS = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
