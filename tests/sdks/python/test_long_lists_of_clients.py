"""Segments with long lists: chunks are read before a segment is used, and only those that have changed."""

from __future__ import annotations

from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient

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
