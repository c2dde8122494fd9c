"""What is unreleased becomes the section of a version."""

from __future__ import annotations

import pytest

from deploy.release.changelog import released, section_of
from deploy.release.errors import ReleaseError

TEXT = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A flag.\n\n## 0.1.0 (2026-01-02)\n\n- Everything.\n"


def test_what_is_unreleased_gets_the_version_and_the_day() -> None:
    text = released(TEXT, "0.2.0", "2026-11-28")
    assert "## 0.2.0 (2026-11-28)\n\n### Added\n\n- A flag." in text
    assert section_of(text, "Unreleased") == ""
    assert section_of(text, "0.2.0") == "### Added\n\n- A flag."
    assert section_of(text, "0.1.0") == "- Everything."


@pytest.mark.parametrize(
    ("text", "version", "reason"),
    [
        pytest.param(TEXT, "0.1.0", "already has a section", id="a version that was released"),
        pytest.param("# Changelog\n\n## Unreleased\n", "0.2.0", "nothing under Unreleased", id="nothing new"),
    ],
)
def test_a_release_of_nothing_or_twice_is_refused(text: str, version: str, reason: str) -> None:
    with pytest.raises(ReleaseError, match=reason):
        released(text, version, "2026-11-28")
