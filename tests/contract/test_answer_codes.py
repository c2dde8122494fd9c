"""The codes that programs read in answers: those that the documents tell exist, and the ingestor's are all told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INGESTOR = ROOT / "services/event_ingestor"
TOLD = re.compile(r"\b[45]\d\d\b[^|`.]{0,40}`([a-z_]+)`|`([a-z_]+)` \([^)]*[45]\d\d\)")
OF_WATCHERS = {"client_gone", "server_key_required", "too_many_watchers"}
MEMBERS = {"errors"}
"""What the documents name beside a status, and is a member of the answer."""


def texts(tree: ast.AST, function: str, position: int) -> Iterator[str]:
    """What calls of a function give at one position, where it stands there as a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            given = node.args[position : position + 1]
            yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


def codes(tree: ast.AST) -> Iterator[str]:
    """Of problems: as `code=…` of a call, and as `default_code` of a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from re.findall(r"^'(\w+)'$", ast.unparse(node.value))
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from re.findall(r"^(?:\w+, )?default_code\b.*'(\w+)'\)?$", ast.unparse(node))


@cache
def told_in(folder: Path) -> tuple[set[str], set[str]]:
    """The codes of problems, and those of the reasons of a rejection."""
    sources = [path.read_text() for path in folder.rglob("*.py")]
    trees = [ast.parse(each) for each in sources if any(word in each for word in ("code=", "default_code", "Reason("))]
    return {each for tree in trees for each in codes(tree)}, {
        each for tree in trees for each in texts(tree, "Reason", 0)
    }


def all_codes() -> set[str]:
    return {code for folder in ("services", "libs") for code in told_in(ROOT / folder)[0]}


PAGES = sorted(path for path in (ROOT / "docs").glob("*.md") if TOLD.search(path.read_text()))


def test_there_are_codes() -> None:
    assert len(all_codes()) > 40
    assert len(told_in(INGESTOR)[1]) > 15
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_codes_that_exist(page: Path) -> None:
    told = {one or other for one, other in TOLD.findall(page.read_text())} - MEMBERS
    assert told <= all_codes()


def test_the_page_of_events_has_each_reason_of_a_rejection() -> None:
    table = (ROOT / "docs/events.md").read_text().split("| code | |\n", 1)[1].split("\n\n")[0]
    told = [name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(told) == sorted(told_in(INGESTOR)[1])


def test_the_page_of_events_names_requests_codes_that_exist() -> None:
    answers = (ROOT / "docs/events.md").read_text().split("| status |", 1)[1].split("\n\n")[0]
    told = {name for row in answers.splitlines() for name in re.findall(r"`([a-z_]+)`", row.split("|")[2:3][0])}
    assert told - {"rejected"} <= all_codes()
    assert told >= told_in(INGESTOR)[0] - OF_WATCHERS
