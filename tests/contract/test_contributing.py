"""The page on contributing names what exists, and a change lands where its table says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/contributing.md").read_text()
SEARCHED = ("services/", "libs/", "proto/", "sdks/", "deploy/", ".env.example")
# What a command makes, what is read no more than it was, and what nobody wrote.
LEFT_OUT = re.compile(
    r"/(generated|__pycache__|node_modules)/|\.gen\.ts$|_gen\.go$|\.schema\.json$|\.binpb$|config_tree|/verdict/tree/|/files/dashboards/"
)
TOKEN = re.compile(r"`([^`]+)`")
LIKE_A_PATH = re.compile(r"[\w.*{},-]*[/.][\w/.*{},-]*")


@dataclass(frozen=True)
class Row:
    change: str
    needed: list[str]
    optional: list[str]
    example: str
    searched: tuple[str, ...]


def rows() -> Iterator[Row]:
    table = PAGE.partition("| change | files, in order | example |\n")[2].splitlines()[1:]
    for line in table:
        if not line.startswith("| "):
            return
        change, files, example = (each.strip() for each in line.split("|")[1:4])
        optional = " ".join(re.findall(r"\(([^()]*)\)", files))
        pattern, *searched = TOKEN.findall(example)
        yield Row(
            change=change,
            needed=paths(re.sub(r"\([^()]*\)", "", files)),
            optional=paths(optional),
            example=pattern,
            searched=tuple(searched) or SEARCHED,
        )


def paths(text: str) -> list[str]:
    """The paths that are named, one for each of what stands in braces."""
    named = [each for each in TOKEN.findall(text) if LIKE_A_PATH.fullmatch(each)]
    return list(chain.from_iterable(spread(each) for each in named))


def spread(path: str) -> list[str]:
    found = re.search(r"\{([^}]+)\}", path)
    return [path.replace(found[0], each) for each in found[1].split(",")] if found else [path]


def files(path: str) -> set[str]:
    """What a path, a folder or a pattern stands for."""
    found = (ROOT / path).rglob("*") if (ROOT / path).is_dir() else ROOT.glob(path)
    names = {each.relative_to(ROOT).as_posix() for each in found if each.is_file()}
    return {each for each in names if not LEFT_OUT.search(f"/{each}")}


def naming(row: Row, found: set[str]) -> set[str]:
    """Those that name the example as a word."""
    word = re.compile(rf"(?<!\w)(?:{row.example})(?!\w)", re.IGNORECASE)
    return {each for each in found if word.search((ROOT / each).read_text(encoding="utf-8", errors="ignore"))}


def called(row: Row, found: set[str]) -> set[str]:
    """Those whose own name is the example's."""
    words = [each.lower() for each in re.findall(r"\w{4,}", row.example)]
    return {each for each in found if any(word in each.lower() for word in words)}


def untold(row: Row) -> set[str]:
    """What names the example, and the row doesn't name."""
    told = set().union(*(files(each) for each in row.needed + row.optional))
    return naming(row, set().union(*(files(each) for each in row.searched))) - told


def idle(row: Row) -> list[str]:
    """What the row asks for, and the example does without."""
    return [each for each in row.needed if not naming(row, files(each)) and not called(row, files(each))]


ROWS = [pytest.param(row, id=row.change) for row in rows()]


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 12


@pytest.mark.parametrize("row", ROWS)
def test_each_path_of_a_row_exists(row: Row) -> None:
    assert [each for each in row.needed + row.optional if not files(each)] == []


@pytest.mark.parametrize("row", ROWS)
def test_the_example_lands_in_these_files_and_no_others(row: Row) -> None:
    assert sorted(untold(row)) == [], "the example is named here, and the row doesn't say so"


@pytest.mark.parametrize("row", ROWS)
def test_each_file_that_a_row_asks_for_is_one_of_the_example(row: Row) -> None:
    assert idle(row) == [], "the row asks for these, and the example does without"


def test_a_wrong_row_is_seen() -> None:
    (row,) = (each for each in rows() if each.change == "another bus")
    assert untold(replace(row, needed=row.needed[1:])) == {"libs/streams/jetstream.py"}
    assert idle(replace(row, needed=[*row.needed, "libs/stats/*.py"])) == ["libs/stats/*.py"]


def test_every_path_on_the_page_exists() -> None:
    named = {each for each in TOKEN.findall(PAGE) if "/" in each and LIKE_A_PATH.fullmatch(each)}
    made = {"dist/"}
    assert sorted(each for each in named - made if not any(files(path) for path in spread(each))) == []


def test_every_command_on_the_page_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z0-9-]+)", PAGE)) <= targets
    for module in re.findall(r"python -m ([a-z_.]+)", PAGE):
        path = module.replace(".", "/")
        places = (f"{path}.py", f"{path}/__main__.py", f"services/{path}.py")
        assert module == "pytest" or any(files(each) for each in places), module
