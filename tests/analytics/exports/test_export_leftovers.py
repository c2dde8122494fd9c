"""Which files an export takes for its own when it tidies up."""

from __future__ import annotations

import pytest
from analytics.exports.destinations.parquet import _OWN_FILE


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("exposures/generation-0001/00000021-1.4.parquet", True),
        ("exposures/generation-0001/.00000021-1.4.parquet.4616.tmp", True),
        ("exposures/generation-0001/somebody.parquet", False),
        ("exposures/generation-0001/.somebody.tmp", False),
        ("_manifest.json", False),
    ],
)
def test_a_file_is_its_own_by_its_name(name: str, own: bool) -> None:
    assert bool(_OWN_FILE.fullmatch(name)) is own
