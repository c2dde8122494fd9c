"""The documents name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents.page import parsed

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
MENTION = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:c|go|jsonl?|md|proto|py|sql|toml|ts|ya?ml))`")
BUILT = ("build/", "dist/")
HIDDEN_OR_MADE = re.compile(r"\.(?!github|ci)|(build|dist|node_modules)$")
FILES = [
    path.relative_to(ROOT).as_posix()
    for top in ROOT.iterdir()
    if not HIDDEN_OR_MADE.match(top.name)
    for path in (top.rglob("*") if top.is_dir() else [top])
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_linked_file_exists(document: Path) -> None:
    missing = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_in_passing_exists(document: Path) -> None:
    text = document.read_text()
    named = {name for name in MENTION.findall(text) if not name.startswith(BUILT)} - set(parsed(text).files)
    assert {name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in FILES)} == set()


def test_the_architecture_links_each_step_of_the_path() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    for step in "①②③④⑤⑥⑦⑧⑨⑩":
        rows = [line for line in text.splitlines() if line.startswith(f"| {step}")]
        assert len(rows) == 1, step
        assert LINK.search(rows[0]), rows[0]


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([a-z-]+)`", document.read_text()):
            assert target in targets, f"{document.name} names make {target}"


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert len(numbers) == len(set(numbers))


def test_no_file_has_a_name_that_says_nothing() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}
    for folder in ("services", "libs", "devstack", "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path.stem not in nameless, path
            assert not nameless & set(path.relative_to(ROOT).parts[:-1]), path
