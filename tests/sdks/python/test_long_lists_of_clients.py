"""Segments with long lists: chunks are read before a segment is used, and only those that have changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient
from feature_flag_platform.configuration.stored_chunks import FOLDER

from tests.sdks.python.documents import boolean, document
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

MEMBERS = [f"user-{number}" for number in range(200)]
LISTED = boolean(rules=[{"if": {"segment": "beta"}, "then": {"variation": "on"}}], default={"variation": "off"})


def config(version: int, members: list[str]) -> dict[str, Any]:
    return document(
        version=version,
        flags={"listed": LISTED, "plain": boolean()},
        segments={"beta": {}},
    ) | {"long_lists": {"beta": {"included": members, "excluded": ["user-3"], "depth": 2}}}


@pytest.fixture
def listing(edge: ScriptedEdge) -> ScriptedEdge:
    edge.put("document", config(2, [each for each in MEMBERS if each != "user-3"]))
    return edge


def chunks(edge: ScriptedEdge) -> int:
    return len(edge.get("requests?endpoint=chunk"))


def are_served(client: FeatureFlagClient) -> bool:
    on = {each for each in (*MEMBERS, "stranger") if client.is_enabled("listed", each)}
    return on == set(MEMBERS) - {"user-3"}


def test_a_long_list_is_read_in_chunks(listing: ScriptedEdge) -> None:
    with client_of(listing) as client:
        assert are_served(client)
        assert chunks(listing) == 4


def test_a_change_reads_what_has_changed_alone(listing: ScriptedEdge) -> None:
    with client_of(listing) as client:
        listing.put("document", config(3, [each for each in (*MEMBERS, "newcomer") if each != "user-3"]))
        until_blocking(lambda: client.is_enabled("listed", "newcomer"))
        assert are_served(client)
        assert chunks(listing) == 5


def test_a_list_that_cannot_be_had_stays_as_it_was_and_is_asked_for_again(listing: ScriptedEdge) -> None:
    with client_of(listing) as client:
        listing.put("settings", {"heartbeat": 0.02})
        listing.put("behaviour", {"chunk": {"kind": "status", "status": 503, "times": 3}})
        listing.put("document", config(3, [each for each in (*MEMBERS, "newcomer") if each != "user-3"]))
        until_blocking(lambda: client.status().version == 3)
        assert are_served(client)
        until_blocking(lambda: client.is_enabled("listed", "newcomer"))


def test_without_its_chunks_nobody_is_taken_for_a_member(listing: ScriptedEdge) -> None:
    listing.put("behaviour", {"chunk": "garbage"})
    with client_of(listing) as client:
        assert client.detail("listed", "user-1").error_code == "PARSE_ERROR"
        assert client.is_enabled("plain", "user-1")
        listing.put("settings", {"heartbeat": 0.02})
        listing.put("behaviour", {"chunk": "ok"})
        listing.post("streams", {"endpoint": "stream", "do": "end"})
        until_blocking(lambda: are_served(client))


@pytest.fixture
def store(listing: ScriptedEdge, tmp_path: Path) -> Path:
    """What a client has kept of the list before the edge was gone."""
    with client_of(listing, store=tmp_path) as client:
        assert are_served(client)
        client.close(10)
    listing.put("port", {"state": "closed"})
    return tmp_path


def test_a_start_without_an_edge_has_long_lists_from_the_store(listing: ScriptedEdge, store: Path) -> None:
    assert len(list((store / FOLDER).iterdir())) == 4
    with client_of(listing, store=store, start_wait=0) as client:
        assert are_served(client)


def test_a_start_reads_at_the_edge_what_the_store_lacks_alone(listing: ScriptedEdge, store: Path) -> None:
    listing.post("reset")
    listing.put("document", config(2, [each for each in MEMBERS if each != "user-3"]))
    next((store / FOLDER).iterdir()).unlink()
    with client_of(listing, store=store) as client:
        until_blocking(lambda: are_served(client))
        assert chunks(listing) == 1
        client.close(10)
    assert len(list((store / FOLDER).iterdir())) == 4


HARMS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "another": lambda path: path.write_bytes(next(each for each in path.parent.iterdir() if each != path).read_bytes()),
    "no-file": lambda path: path.rename(path.with_name("elsewhere")).with_name(path.name).mkdir(),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_or_missing_chunk_costs_those_who_belong_to_it(listing: ScriptedEdge, store: Path, harm: str) -> None:
    HARMS[harm](min((store / FOLDER).iterdir()))
    with client_of(listing, store=store, start_wait=0) as client:
        told = [client.detail("listed", each).error_code for each in MEMBERS]
        assert set(told) == {None, "PARSE_ERROR"}
        assert told.count(None) > told.count("PARSE_ERROR")
        assert client.is_enabled("plain", "user-1")


def keep(listing: ScriptedEdge, store: Path, version: int) -> None:
    """A client keeps a list that has as many newcomers as the version says."""
    members = [*MEMBERS, *(f"newcomer-{number}" for number in range(version))]
    listing.put("document", config(version, [each for each in members if each != "user-3"]))
    with client_of(listing, store=store) as client:
        until_blocking(lambda: client.is_enabled("listed", members[-1]))
        client.close(10)


def test_chunks_that_neither_file_names_are_deleted(listing: ScriptedEdge, tmp_path: Path) -> None:
    stray, foreign = tmp_path / FOLDER / f".{'0' * 64}.1.a", tmp_path / FOLDER / "README"
    stray.parent.mkdir()
    stray.write_text("of a process that was killed")
    foreign.write_text("of somebody else")
    for version in (2, 3, 4, 5):
        keep(listing, tmp_path, version)
    files = [json.loads(path.read_bytes().partition(b"\n")[2]) for path in tmp_path.glob("config.json*")]
    named = {each["digest"] for one in files for each in one["segments"]["beta"]["long_list"]["chunks"]}
    assert len(files) == 2
    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == named | {foreign.name}
