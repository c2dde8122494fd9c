"""Which files of the repository are pages of the site, and where they stand in it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APIS = {"control-plane": "control-plane", "edge": "edge", "events": "ingestor", "analytics": "analytics"}
"""Each reference of an API, and what its agreed document is called."""
_OWN_PAGES = Path("deploy/site/pages")
_ELSEWHERE = {
    "README.md": "tour.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "deploy/helm/verdict/README.md": "operations/chart.md",
    "deploy/k8s/README.md": "operations/manifests.md",
    "examples/cookie_cats/README.md": "example.md",
    "libs/bucketing/README.md": "sdks/engine.md",
    "sdks/go/README.md": "sdks/go.md",
    "sdks/node/README.md": "sdks/node.md",
    "sdks/python/README.md": "sdks/python.md",
    "sdks/web/README.md": "sdks/web.md",
    "tests/vectors/README.md": "vectors.md",
    "web/README.md": "web.md",
}
"""Pages that stand beside what they speak of, and not below docs/."""
_STANDING_FOR = {
    ".env.example": "reference/settings.md",
    "proto": "reference/proto/index.md",
    **{f"tests/contract/snapshots/openapi-{file}.txt": f"reference/{name}/index.md" for name, file in APIS.items()},
}
"""What is no page itself, and has one that is made from it."""


def pages(root: Path = ROOT) -> dict[str, str]:
    """Each file that becomes a page as it is, by its path in the repository: its path in the site."""
    found = {path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md")}
    below_docs = {each: each.removeprefix("docs/") for each in sorted(found)}
    own = {
        path.relative_to(root).as_posix(): path.relative_to(root / _OWN_PAGES).as_posix()
        for path in sorted((root / _OWN_PAGES).rglob("*.md"))
    }
    return own | below_docs | _ELSEWHERE


def pictures(root: Path = ROOT) -> dict[str, str]:
    """Files that pages show, by their path in the repository: their path in the site."""
    found = (path.relative_to(root).as_posix() for path in sorted((root / "docs/images").iterdir()))
    return {each: each.removeprefix("docs/") for each in found}


def places(root: Path = ROOT) -> dict[str, str]:
    """Where the site has what a link in the repository leads to: files, and folders that have a page."""
    known = pages(root) | pictures(root)
    folders = {path.removesuffix("/README.md"): place for path, place in known.items() if path.endswith("/README.md")}
    return known | folders | _STANDING_FOR
