"""The index of decisions lists each record once, with the title it has and a status that is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs/decisions"
RECORDS = sorted(path for path in FOLDER.glob("[0-9]*.md"))
ROW = re.compile(r"^\| (\d+) \| \[(.+)\]\((\d{4}-[a-z0-9-]+\.md)\) \| (.+) \|$", re.MULTILINE)
ROWS = {
    name: (int(number), title, status)
    for number, title, name, status in ROW.findall((FOLDER / "README.md").read_text())
}
LINES_MAX = 45


def test_each_record_has_a_row_and_each_row_a_record() -> None:
    assert list(ROWS) == [path.name for path in RECORDS]


@pytest.mark.parametrize("record", [pytest.param(path, id=path.stem) for path in RECORDS])
def test_a_record_is_half_a_page_of_context_decision_and_cost(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    number, title, status = ROWS[record.name]
    assert text.startswith(f"# {number}. {title}\n")
    assert record.name.startswith(f"{number:04}-")
    positions = [text.find(f"**{part}.**") for part in ("Context", "Decision", "Cost")]
    assert -1 not in positions
    assert positions == sorted(positions)
    assert len(text.splitlines()) <= LINES_MAX
    superseding = re.fullmatch(r"superseded by (\d+)", status)
    if superseding:
        assert int(superseding[1]) in {each for each, _, _ in ROWS.values()}
    else:
        assert status in ("proposed", "accepted")
