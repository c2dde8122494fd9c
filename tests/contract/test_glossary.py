"""The glossary's promise: these words and no others, in modules, in code and in the APIs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from .apps import apps

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("services", "libs", "devstack", "chaos", "benchmarks", "proto", "deploy", "examples", "tests")
ACTIVITIES = {
    "bucketing": "the assignment of units to buckets",
    "fuzzing": "the trial with made-up requests",
    "hashing": "the computation of hashes",
    "loading": "the L of ETL",
    "monitoring": "the reading of a trial at planned looks",
    "planning": "the design of an experiment before it starts",
    "publishing": "the side of a bus that is not subscribing",
    "recording": "what was recorded",
    "sealing": "the keeping of secrets at rest",
    "serving": "what a server does",
    "spending": "alpha-spending",
    "staging": "the gathering of a version before it is applied",
    "waiting": "what a test does until a condition holds",
}


def tokens(name: str) -> str:
    """`_user_key_`: an identifier or a word in one form, whatever its case."""
    return "_" + "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower() + "_"


def rows(heading: str) -> dict[str, str]:
    """The tables' rows after `heading` and before the next one of its level."""
    text = (ROOT / "docs/glossary.md").read_text().split(heading)[1]
    return dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE))


RETIRED = {not_used: used for not_used, used in rows("## Words that we do not use").items() if not_used != "not"}
WORDS = {word: meaning for word, meaning in rows("# Glossary").items() if word not in {*RETIRED, "word", "not"}}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "generated" not in path.parts)


@cache
def names_in_code() -> Mapping[str, str]:
    """Where each name of services and libraries stands: modules, and what they define, take and read."""
    found: dict[str, str] = {}
    for path in sources("services", "libs"):
        place = str(path.relative_to(ROOT))
        found |= dict.fromkeys(path.relative_to(ROOT).with_suffix("").parts[1:], place)
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found[name] = place
                case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                    found[name] = place
    return found


@cache
def names_in_sdks() -> Mapping[str, str]:
    paths = [path for path in (ROOT / "sdks").rglob("*") if path.suffix in (".py", ".ts", ".go", ".js")]
    own = [path for path in paths if not {"node_modules", "dist", "build"} & {*path.relative_to(ROOT).parts}]
    return {
        name: str(path.relative_to(ROOT)) for path in own for name in re.findall(r"\b[A-Za-z]\w*", path.read_text())
    }


@cache
def names_in_apis() -> Mapping[str, str]:
    """Schemas, fields, parameters and parts of paths."""
    found: dict[str, str] = {}
    for service, app in apps().items():
        document = app.openapi()
        for path, operations in document["paths"].items():
            found |= dict.fromkeys(re.findall(r"\w+", path), f"{service}: {path}")
            for operation in operations.values():
                found |= dict.fromkeys((each["name"] for each in operation.get("parameters", ())), f"{service}: {path}")
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            found |= dict.fromkeys((name, *schema.get("properties", ())), f"{service}: {name}")
    return found


def names(of: str) -> Mapping[str, str]:
    return {"code": names_in_code, "SDKs": names_in_sdks, "APIs": names_in_apis}[of]()


@cache
def known() -> str:
    """All names of code and APIs, and the words of closed lists."""
    listed = (
        node.value
        for path in sources("services", "libs")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+", node.value)
    )
    return " ".join({tokens(name) for name in (*names_in_code(), *names_in_apis(), *listed)})


@pytest.mark.parametrize("of", ["code", "SDKs", "APIs"])
def test_no_name_has_a_word_that_was_given_up(of: str) -> None:
    given_up = [tokens(word)[:-1] for row in RETIRED for word in row.split(", ")]
    pattern = re.compile("|".join(f"{word}s?_" for word in given_up))
    assert {name: place for name, place in names(of).items() if pattern.search(tokens(name))} == {}


@pytest.mark.parametrize("row", WORDS)
def test_each_word_is_a_name_in_code_or_apis(row: str) -> None:
    """As it is, or as the code says it: the name at the beginning of the meaning."""
    said = re.match(r"((?:`\w+`(?:, )?)+): ", WORDS[row])
    for word in re.findall(r"\w+", said[1]) if said else row.split(", "):
        singular = tokens(word)
        assert singular in known() or f"{singular[:-1]}s_" in known(), word


def test_modules_are_nouns() -> None:
    """A module is called after what is in it, not after what somebody does there."""
    modules = {part: path for path in sources(*FOLDERS) for part in path.relative_to(ROOT).with_suffix("").parts}
    activities = {name for name in modules if name.endswith("ing") and not name.startswith("test_")}
    assert activities == set(ACTIVITIES)
