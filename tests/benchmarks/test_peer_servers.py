"""Flags in the words of other servers say what they say here: read back by small readers of their languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bucketing.compiled import CompiledFlagSet
from bucketing.flagset import AnyOf, Comparison, FlagSet

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.edge_traffic import SINGLE, Traffic, requests_of
from benchmarks.peer_servers import flagd, go_feature_flag
from benchmarks.peer_servers.go_modules import FOLDER, built, locked_version
from benchmarks.peer_servers.peer_server import Holding, NotToBeHad
from benchmarks.peer_servers.translations import comparisons, json_logic, query

Context = dict[str, Any]
FLAG = flag(0)
SEGMENTS = {SEGMENT.key: SEGMENT}
BASE = {"targetingKey": "u", "country": "DE", "plan": "pro", "age": 34, "version": "2.11.0", "email": "a@example.com"}
EDGES: list[Context] = [
    {"age": 17},
    {"age": 18},
    {"age": 30, "version": "1.9.9"},
    {"age": 31, "version": "1.9.9"},
    {"age": 31, "version": "2.0.0"},
    {"age": 31, "version": "2.0.0-rc.1"},
    {"country": "US"},
    {"country": "US", "plan": "team"},
    {"plan": "free"},
    {"plan": "other"},
    {"email": "a@example.org"},
    {"email": "example.com"},
]
CONTEXTS = [
    *(json.loads(each.partition(b"\r\n\r\n")[2])["context"] for each in requests_of(Traffic(path=SINGLE).templates())),
    *({**BASE, **each} for each in EDGES),
]


def order(version: str) -> tuple[Any, ...]:
    """Of versions as they occur here: what comes before a release is less than it."""
    release, _, before = version.partition("-")
    return (*map(int, release.split(".")), before == "", before)


COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "in": lambda one, other: one in other,
    "ends_with": lambda one, other: one.endswith(other),
}
WORDS = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "in": "in", "ew": "ends_with"}


def logic_holds(logic: dict[str, Any], context: Context) -> bool:
    for part in logic["and"]:
        ((operator, (variable, *values)),) = part.items()
        found = context[variable["var"]]
        if operator == "sem_ver":
            assert values[0] == "<"
            held = order(found) < order(values[1])
        else:
            held = COMPARED[operator](found, values[0])
        if not held:
            return False
    return True


def query_holds(text: str, context: Context) -> bool:
    for part in text.split(" and "):
        name, word, value = part.split(" ", 2)
        if re.fullmatch(r"\d+\.\d+\.\d+", value):
            assert word == "lt"
            held = order(context[name]) < order(value)
        else:
            held = COMPARED[WORDS[word]](context[name], json.loads(value))
        if not held:
            return False
    return True


def flagd_serves(document: dict[str, Any], context: Context) -> str:
    """The variant, `split` where the hash decides."""
    *branches, default = document["targeting"]["if"]
    found = default
    for condition, served in zip(branches[::2], branches[1::2], strict=True):
        if logic_holds(condition, context):
            found = served
            break
    if isinstance(found, dict):
        assert found == {"fractional": [["off", 5000], ["on", 5000]]}
        return "split"
    return str(found)


def relay_serves(document: dict[str, Any], context: Context) -> str:
    rules = document["targeting"]
    found = next((rule for rule in rules if query_holds(rule["query"], context)), document["defaultRule"])
    if "percentage" in found:
        assert found["percentage"] == {"off": 50, "on": 50}
        return "split"
    return str(found["variation"])


def served(context: Context) -> str:
    found = CompiledFlagSet(FlagSet("salt", 1, {FLAG.key: FLAG}, SEGMENTS)).evaluate(FLAG.key, context, 0)
    return "split" if found.reason == "SPLIT" else str(found.variation)


@pytest.mark.parametrize("number", range(len(CONTEXTS)))
def test_a_context_is_served_the_same(number: int) -> None:
    context = CONTEXTS[number]
    expected = served(context)
    assert flagd_serves(flagd.document(FLAG, SEGMENTS), context) == expected
    assert relay_serves(go_feature_flag.document(FLAG, SEGMENTS), context) == expected


def test_the_contexts_reach_every_rule() -> None:
    assert {served(each) for each in CONTEXTS} == {"on", "off", "split"}
    rules = [query(rule.condition, SEGMENTS) for rule in FLAG.rules]
    assert all(any(query_holds(rule, each) for each in CONTEXTS) for rule in rules)


def test_variants_and_values() -> None:
    assert flagd.document(FLAG, SEGMENTS)["variants"] == {"on": True, "off": False}
    assert go_feature_flag.document(FLAG, SEGMENTS)["variations"] == {"on": True, "off": False}


def test_what_has_no_word_there_is_no_translation() -> None:
    for condition in (AnyOf((Comparison("a", "eq", 1),)), Comparison("a", "matches", "x")):
        for translate in (json_logic, query):
            with pytest.raises((ValueError, KeyError)):
                translate(condition, SEGMENTS)
    assert len(comparisons(FLAG.rules[2].condition, SEGMENTS)) == 5


def test_a_server_is_started_with_the_flags_in_its_folder(tmp_path: Path) -> None:
    holding = Holding((FLAG,), SEGMENTS)
    line = go_feature_flag.SERVER.command(Path("relayproxy"), tmp_path, 8080, holding)
    settings = json.loads(Path(line[-1]).read_text())
    assert settings["server"] == {"mode": "http", "port": 8080}
    assert FLAG.key in json.loads(Path(settings["retriever"]["path"]).read_text())
    line = flagd.SERVER.command(Path("flagd"), tmp_path, 8080, holding)
    assert line[line.index("--ofrep-port") + 1] == "8080"
    file = Path(line[line.index("--uri") + 1].removeprefix("file:"))
    assert FLAG.key in json.loads(file.read_text())["flags"]


def test_versions_are_locked_by_checksums() -> None:
    package = "github.com/thomaspoignant/go-feature-flag/cmd/relayproxy"
    version = locked_version("relay_module", package)
    module = package.removesuffix("/cmd/relayproxy")
    assert f"{module} {version} h1:" in (FOLDER / "relay_module" / "go.sum").read_text()


def test_who_can_t_be_built_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.peer_servers.go_modules.BUILT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotToBeHad, match="no Go here"):
        built("relay_module", "github.com/thomaspoignant/go-feature-flag/cmd/relayproxy")
