"""The product's one version, and every place in the repository where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from deploy.release.errors import ReleaseError

_VERSION = r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?"


@dataclass(frozen=True, slots=True)
class Place:
    """Files that name the version. `pattern` has the version as its only group and is found in each of them."""

    files: str
    pattern: str


PLACES = (
    Place("pyproject.toml", rf'^version = "({_VERSION})"$'),
    Place("libs/bucketing/pyproject.toml", rf'^version = "({_VERSION})"$'),
    Place("sdks/python/pyproject.toml", rf'^version = "({_VERSION})"$'),
    Place("sdks/python/pyproject.toml", rf'^    "verdict-bucketing==({_VERSION})",$'),
    Place("sdks/python/feature_flag_platform/version.py", rf'^__version__ = "({_VERSION})"$'),
    Place("sdks/*/package.json", rf'^  "version": "({_VERSION})",$'),
    Place("sdks/*/package-lock.json", rf'"name": "@feature-flag-platform/\w+",\n +"version": "({_VERSION})",$'),
    Place("sdks/node/src/version.ts", rf'^export const VERSION = "({_VERSION})";$'),
    Place("sdks/web/src/version.ts", rf"^export const SDK = 'web/({_VERSION})';$"),
    Place("sdks/go/internal/about/about.go", rf'^const Version = "({_VERSION})"$'),
    Place("sdks/go/openfeature/go.mod", rf"^\tgithub.com/feature-flag-platform/sdk/go v({_VERSION})$"),
    Place("deploy/docker/docker-bake.json", rf'^ +"VERSION": {{"default": "({_VERSION})"}},$'),
    Place("deploy/helm/verdict/Chart.yaml", rf"^(?:version|appVersion): ({_VERSION})$"),
    Place("deploy/k8s/*.yaml", rf"^\s+(?:- )?image: verdict/[a-z-]+:({_VERSION})$"),
    Place("deploy/k8s/*.yaml", rf"^\s+app\.kubernetes\.io/version: ({_VERSION})$"),
)


def check_version(text: str) -> str:
    """The version itself. Raises `ReleaseError` for what is no semantic version without build metadata."""
    if not re.fullmatch(_VERSION, text) or re.search(r"(^|[.-])0[0-9]", text):
        raise ReleaseError(f"{text!r} is no semantic version, such as 1.2.3 or 1.2.3-rc.1")
    return text


def stated_versions(root: Path) -> dict[str, set[str]]:
    """The versions that each file states, by its path from `root`."""
    stated: dict[str, set[str]] = {}
    for place in PLACES:
        for path in sorted(root.glob(place.files)):
            if found := set(re.findall(place.pattern, path.read_text(encoding="utf-8"), re.MULTILINE)):
                stated.setdefault(path.relative_to(root).as_posix(), set()).update(found)
    return stated


def current_version(root: Path) -> str:
    """The version that all places state. Raises `ReleaseError` when they differ."""
    stated = stated_versions(root)
    versions = set().union(*stated.values())
    if len(versions) != 1:
        raise ReleaseError(f"the files state different versions: {stated}")
    return versions.pop()


def set_version(root: Path, version: str) -> list[str]:
    """Writes `version` into every place; returns the files that changed."""
    changed = []
    for place in PLACES:
        for path in sorted(root.glob(place.files)):
            before = path.read_text(encoding="utf-8")
            after = re.sub(place.pattern, lambda match: match[0].replace(match[1], version), before, flags=re.MULTILINE)
            if after != before:
                path.write_text(after, encoding="utf-8")
                changed.append(path.relative_to(root).as_posix())
    return changed
