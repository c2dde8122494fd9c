"""The store: what a client keeps for a start without an edge."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, has, holds
from sdk_trials.sample import document, off, ruled
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until


@trial("server")
def the_store_keeps_the_last_configuration(bench: Bench) -> None:
    """A start without an edge takes what the store holds; the store is two files of the form that is written down."""
    with bench.ready(store=str(bench.folder)) as first:
        until((bench.folder / "config.json").exists)
        bench.edge.put("document", document(plain=off()))
        until(lambda: first.value("plain"), lambda value: value is False)
        first.ask("close", timeout=5)
    until((bench.folder / "config.json.previous").exists)
    header, _, rest = (bench.folder / "config.json").read_bytes().partition(b"\n")
    has(json.loads(header), format=1)
    equal(json.loads(rest)["version"], 2)
    bench.edge.put("port", {"state": "closed"})
    driver = bench.start(store=str(bench.folder), start_wait=0.1)
    has(driver.detail("plain"), value=False, version=2)
    equal(driver.status()["source"], "store")


@trial("server")
def a_damaged_store_is_passed_over(bench: Bench) -> None:
    """A damaged file is passed over and the previous one is tried; with both damaged nothing is held."""
    with bench.ready(store=str(bench.folder)) as first:
        until((bench.folder / "config.json").exists)
        bench.edge.put("document", document(plain=off()))
        until(lambda: first.value("plain"), lambda value: value is False)
        first.ask("close", timeout=5)
    until((bench.folder / "config.json.previous").exists)
    bench.edge.put("port", {"state": "closed"})
    newest = bench.folder / "config.json"
    newest.write_bytes(newest.read_bytes()[:-40])
    with bench.start(store=str(bench.folder), start_wait=0.1) as second:
        equal(second.value("plain"), True)
    (bench.folder / "config.json.previous").write_bytes(b"\x00" * 100)
    newest.write_bytes(b"{}\n{}")
    third = bench.start(store=str(bench.folder), start_wait=0.1)
    equal(third.detail("plain")["error_code"], "PROVIDER_NOT_READY")


@trial("server")
def the_store_of_another_key_is_passed_over(bench: Bench) -> None:
    """What was stored for another key is not used."""
    with bench.ready(store=str(bench.folder)) as first:
        until((bench.folder / "config.json").exists)
        first.ask("close", timeout=5)
    bench.edge.put("port", {"state": "closed"})
    driver = bench.start(store=str(bench.folder), start_wait=0.1, env_key="srv_another_0123456789")
    equal(driver.detail("plain")["error_code"], "PROVIDER_NOT_READY")


def _listing(*newcomers: str) -> dict[str, Any]:
    """A flag by a list of two chunks."""
    members = [*(f"member-{number}" for number in range(50)), *newcomers]
    return {
        **document(listed=ruled({"segment": "long"})),
        "long_lists": {"long": {"included": members, "excluded": ["nobody"], "depth": 1}},
    }


def _named(path: Path) -> set[str]:
    """The digests of the chunks that a file of the store names."""
    kept = json.loads(path.read_bytes().partition(b"\n")[2])
    return {each["digest"] for each in kept["segments"]["long"]["long_list"]["chunks"]}


def _listed(driver: Driver) -> list[tuple[Any, ...]]:
    """What members of each chunk, a newcomer and a stranger are served, and why."""
    told = [driver.detail("listed", user) for user in (*(f"member-{number}" for number in range(20)), "new", "other")]
    return [(each["value"], each["variant"], each["reason"], each["error_code"]) for each in told]


def _with_a_list(bench: Bench) -> list[tuple[Any, ...]]:
    """What is served by a list that has changed once, and is in the store when the edge goes away."""
    bench.edge.put("document", _listing())
    with bench.ready(store=str(bench.folder)) as first:
        until((bench.folder / "config.json").exists)
        equal(first.value("listed", "new"), False)
        bench.edge.put("document", _listing("new"))
        until(lambda: first.value("listed", "new"))
        served = _listed(first)
        first.ask("close", timeout=5)
    bench.edge.put("port", {"state": "closed"})
    return served


@trial("server")
def the_store_keeps_long_lists(bench: Bench) -> None:
    """A start without an edge answers by long lists as before: the store keeps each chunk by its digest, and no others
    than its two files name."""
    served = _with_a_list(bench)
    files = {each.name: each.read_bytes() for each in (bench.folder / "chunks").iterdir()}
    equal(set(files), _named(bench.folder / "config.json") | _named(bench.folder / "config.json.previous"))
    for name, content in files.items():
        equal(hashlib.sha256(content).hexdigest(), name)
    driver = bench.start(store=str(bench.folder), start_wait=0.1)
    equal(driver.status()["source"], "store")
    equal(_listed(driver), served)


@trial("server")
def a_damaged_chunk_is_passed_over(bench: Bench) -> None:
    """Of a chunk in the store that is damaged or gone nobody is taken for a member; the others are served, and with the
    edge the list is whole again."""
    served = _with_a_list(bench)
    cut, gone = (bench.folder / "chunks" / each for each in sorted(_named(bench.folder / "config.json")))
    whole = cut.read_bytes()
    for content in (whole[:-1], whole.replace(b"member-", b"remember-")):
        cut.write_bytes(content)
        with bench.start(store=str(bench.folder), start_wait=0.1) as second:
            found = _listed(second)
            equal({each[3] for each in found}, {None, "PARSE_ERROR"})
            holds(all(each[3] or each == was for each, was in zip(found, served, strict=True)), found)
            equal(second.value("plain"), True)
    gone.unlink()
    driver = bench.start(store=str(bench.folder), start_wait=0.1)
    equal(driver.detail("listed", "member-1")["error_code"], "PARSE_ERROR")
    bench.edge.put("port", {"state": "open"})
    until(lambda: _listed(driver), lambda found: found == served)
