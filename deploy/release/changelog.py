"""The changelog in the form of Keep a Changelog: what is unreleased becomes the section of a version."""

from __future__ import annotations

import re

from deploy.release.errors import ReleaseError

_UNRELEASED = "## Unreleased"
_HEADING = re.compile(r"^## ", re.MULTILINE)


def section_of(text: str, heading: str) -> str:
    """What stands under `## heading …`, without the heading; empty when there is no such section."""
    match = re.search(rf"^## {re.escape(heading)}\b.*\n", text, re.MULTILINE)
    if match is None:
        return ""
    following = _HEADING.search(text, match.end())
    return text[match.end() : following.start() if following else len(text)].strip()


def released(text: str, version: str, day: str) -> str:
    """The changelog with everything unreleased under `version`, released on `day` (ISO 8601).

    Raises `ReleaseError` when nothing is unreleased or the version already has a section.
    """
    if section_of(text, version):
        raise ReleaseError(f"CHANGELOG.md already has a section for {version}")
    if not section_of(text, "Unreleased"):
        raise ReleaseError("CHANGELOG.md has nothing under Unreleased: say what is new")
    return text.replace(_UNRELEASED, f"{_UNRELEASED}\n\n## {version} ({day})", 1)
