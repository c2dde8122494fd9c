"""Makes the release of a version; without one, builds the artefacts of the version that stands."""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.release.artefacts import build_artefacts
from deploy.release.changelog import released
from deploy.release.errors import ReleaseError
from deploy.release.version import check_version, current_version, set_version

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("version", nargs="?", help="a semantic version; none builds artefacts alone")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    options = parser.parse_args()
    try:
        if options.version:
            commit_version(options.root, check_version(options.version))
        version = current_version(options.root)
        files = build_artefacts(options.root, options.root / "dist" / version, version)
    except ReleaseError as error:
        raise SystemExit(f"not released: {error}") from None
    for path in files:
        print(path.relative_to(options.root))
    if options.version:
        print(f"committed and tagged v{version}; git push --follow-tags publishes it")


def commit_version(root: Path, version: str) -> None:
    """Writes the version and its changelog section, keeps the messages it can read, commits and tags."""
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("the checkout has changes that are not committed")
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"the tag v{version} exists")
    changelog = root / "CHANGELOG.md"
    text = released(changelog.read_text(encoding="utf-8"), version, datetime.now(UTC).date().isoformat())
    changelog.write_text(text, encoding="utf-8")
    set_version(root, version)
    buf = Path(sys.executable).with_name("buf")
    subprocess.run(
        [buf, "build", "--exclude-source-info", "--output", "released.binpb"], cwd=root / "proto", check=True
    )
    _git(root, "commit", "--all", "--message", f"Version {version}")
    _git(root, "tag", "--annotate", f"v{version}", "--message", f"Version {version}")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
